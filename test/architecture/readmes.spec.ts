import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '..', '..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const isFile = (path: string) =>
  statSync(join(root, path), { throwIfNoEntry: false })?.isFile() === true;

/** What stands between backticks in a text. */
const quoted = (text: string) => [...text.matchAll(/`([^`\n]+)`/g)].map(([, words]) => words ?? '');

const rooms = ['libs', 'services'].flatMap((floor) =>
  readdirSync(join(root, floor))
    .map((room) => `${floor}/${room}`)
    .filter((room) => existsSync(join(root, room, 'README.md'))),
);

it('has a README in each room', () => {
  const sources = ['libs', 'services'].flatMap((floor) =>
    readdirSync(join(root, floor)).map((room) => `${floor}/${room}`),
  );
  expect(rooms).toEqual(sources.filter((room) => existsSync(join(root, room, 'src'))));
});

it('names in the floor plan of README.md, libs/README.md and services/README.md the rooms that there are', () => {
  const [, plan = ''] = read('README.md').split('## Floor plan');
  const table = (plan.split('\n## ')[0] ?? '').split('\n').filter((line) => line.startsWith('| '));
  const planned = table.flatMap((row) => {
    const [, , names = ''] = row.split('|');
    // A name alone stands on the floor of the one before it.
    let floor = '';
    return quoted(names).map((name) => {
      if (name.includes('/')) floor = name.split('/')[0] ?? '';
      return name.includes('/') ? name : `${floor}/${name}`;
    });
  });
  expect(planned.filter((room) => room !== 'test/').sort()).toEqual(rooms.toSorted());
  const rowsOf = (path: string) =>
    [...read(path).matchAll(/^\| `?([a-z][a-z-]*)`? +\|/gm)].map(([, name]) => name);
  const on = (floor: string) =>
    rooms.filter((room) => room.startsWith(floor)).map((room) => room.slice(floor.length));
  expect(
    rowsOf('libs/README.md')
      .filter((name) => name !== 'room')
      .sort(),
  ).toEqual(on('libs/'));
  expect(
    rowsOf('services/README.md')
      .filter((name) => name !== 'process')
      .sort(),
  ).toEqual(on('services/'));
});

it.each(rooms)(
  '%s: a file that the README names is in this room, or named by its whole path',
  (room) => {
    const files = readdirSync(join(root, room, 'src'), { recursive: true, encoding: 'utf8' });
    const isHere = (name: string) => files.some((file) => `/${file}`.endsWith(`/${name}`));
    const named = quoted(read(`${room}/README.md`)).filter((name) => /^[\w./-]+\.ts$/.test(name));
    expect(named.filter((name) => !isHere(name) && !isFile(name))).toEqual([]);
  },
);

it('answers "Where is X decided?" by files that exist', () => {
  const [, table = ''] = read('README.md').split('## Where is X decided?');
  const rows = (table.split('\n## ')[0] ?? '').split('\n').filter((line) => /^\| [^-q]/.test(line));
  expect(rows.length).toBeGreaterThan(20);
  const missing = rows.filter((row) => {
    // A name alone stands for a file beside the one before it.
    let beside = '';
    const files = quoted(row)
      .filter((name) => name.includes('/') || /\.\w+$/.test(name))
      .map((name) => {
        const path = name.includes('/') ? name : join(beside, name);
        beside = dirname(path);
        return path;
      });
    return files.length === 0 || !files.every((path) => path.includes('*') || isFile(path));
  });
  expect(missing).toEqual([]);
});
