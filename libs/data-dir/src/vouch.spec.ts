import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { takesRoot } from '#libs/testkit';
import { placeWorkspaces } from './place-workspaces.ts';
import { dataDirectoryId, stateDirectory } from './state-marks.ts';
import { claimDataDirectory, requireOurs, trustDataDirectory } from './vouch.ts';

let root = '';
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'millrace-vouch-')));
  for (const name of ['home', 'shared']) mkdirSync(join(root, name));
  chmodSync(join(root, 'shared'), 0o1777);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const at = (name: string) => join(root, name);
const user = () => ({ home: at('home'), stickyDir: at('shared') });
const claim = (name = 'data') => claimDataDirectory(at(name), user());
const look = (name = 'data') => requireOurs(at(name), user());
const trust = (name = 'data') => trustDataDirectory(at(name), user());
const fill = (path: string, text = '') => {
  mkdirSync(dirname(at(path)), { recursive: true, mode: 0o700 });
  writeFileSync(at(path), text);
};
/** With the modes, as `cp -a` does. */
const copy = (from: string, to: string) => {
  cpSync(at(from), at(to), { recursive: true });
  chmodSync(at(to), 0o700);
};
const refused = expect.objectContaining({ code: 'data-dir.not-ours' });
const notPrivate = expect.objectContaining({ code: 'data-dir.not-private' });
const base = () => at('home/.local/state/millrace');
const git = (...args: readonly string[]) =>
  execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b', '-C', at('repo'), ...args]);

describe('a data directory', () => {
  it('that is missing or empty becomes ours, and stays it with what is put there', () => {
    look();
    claim();
    expect(dataDirectoryId(at('data'))).toBeDefined();
    fill('data/pg/cluster/postgresql.conf');
    look();
    claim();
    mkdirSync(at('empty/lost+found'), { recursive: true });
    chmodSync(at('empty'), 0o700);
    look('empty');
    claim('empty');
    expect(readdirSync(base())).toHaveLength(2);
  });

  it('that came with content is refused, and nothing in it is changed', () => {
    fill('data/pg/cluster/postgresql.conf', "archive_command = 'touch /tmp/x'");
    expect(() => look()).toThrow(refused);
    expect(claim).toThrow(/MILLRACE_TRUST_DATA_DIR=\/.*\/data$/);
    expect(() => claim()).toThrow(refused);
    expect(readdirSync(at('data'))).toEqual(['pg']);
  });

  it('is not told to become private where it came from elsewhere', () => {
    fill('data/file');
    chmodSync(at('data'), 0o755);
    expect(() => claim()).toThrow(refused);
    rmSync(at('data/file'));
    expect(() => claim()).toThrow(notPrivate);
    expect(existsSync(base())).toBe(false);
  });

  it('is refused with an id that somebody made up, or that a link shows', () => {
    claim('other');
    fill('data/data-directory-id', '01234567-89ab-cdef-0123-456789abcdef\n');
    expect(() => look()).toThrow(refused);
    rmSync(at('data/data-directory-id'));
    symlinkSync(at('other/data-directory-id'), at('data/data-directory-id'));
    expect(() => look()).toThrow(refused);
  });

  it('is refused where another came to stand in its place', () => {
    claim();
    rmSync(at('data'), { recursive: true });
    fill('data/pg/file');
    expect(() => look()).toThrow(refused);
  });

  it('is refused where what comes in its place names what steps see of its place', () => {
    claim();
    const [seen] = readdirSync(base());
    rmSync(at('data'), { recursive: true });
    fill('data/data-directory-id', `${seen}\n`);
    expect(() => look()).toThrow(refused);
  });

  it('is ours where its record is named by the id itself, as an earlier version did', () => {
    claim();
    fill('data/file');
    const id = dataDirectoryId(at('data')) ?? '';
    renameSync(stateDirectory(base(), id), join(base(), id));
    look();
    claim();
    expect(readdirSync(base())).toContain(basename(stateDirectory(base(), id)));
  });

  it('is ours after it was moved, a copy of it is not', () => {
    claim();
    renameSync(at('data'), at('moved'));
    look('moved');
    copy('moved', 'copy');
    expect(() => look('copy')).toThrow(refused);
  });

  it('is ours where an earlier version placed workspaces for it', () => {
    fill('data/pg/file');
    const { directory } = placeWorkspaces({ dataDir: at('data'), ...user() });
    writeFileSync(join(directory, '.data-directory'), `${at('data')}\n`);
    look();
    claim();
    writeFileSync(join(directory, '.data-directory'), `${at('elsewhere')}\n`);
    expect(() => look()).toThrow(refused);
  });

  it('is remembered below the shared directory where the user’s own cannot be written', () => {
    fill('home/.local/state');
    claim();
    expect(readdirSync(at('shared'))).toEqual([`millrace-${process.getuid?.() ?? 'user'}`]);
    fill('data/file');
    look();
    rmSync(at('shared'), { recursive: true });
    expect(() => claim('next')).toThrow(expect.objectContaining({ code: 'workspaces.no-place' }));
    // Nothing that would be refused is left behind.
    expect(readdirSync(at('next'))).toEqual([]);
  });

  it.runIf(takesRoot)('of another user is refused as that, and so is a record', () => {
    mkdirSync(at('data'), { mode: 0o700 });
    chownSync(at('data'), 12345, 12345);
    for (const act of [look, claim, trust]) expect(() => act()).toThrow(/belongs to user 12345/);
    claim('ours');
    fill('ours/file');
    look('ours');
    chownSync(base(), 12345, 12345);
    expect(() => look('ours')).toThrow(refused);
  });

  it.each(['workspaces', 'logs', 'pg', 'admin-token', 'executor'])(
    'with a link for %s is refused',
    (name) => {
      claim();
      fill('victim/file');
      symlinkSync(at('victim'), at(`data/${name}`));
      expect(() => claim()).toThrow(`${at(`data/${name}`)} is a link`);
    },
  );

  it.each(['logs/server.out', 'executor/workspaces-at'])(
    'whose %s leads elsewhere is refused',
    (name) => {
      claim();
      fill(`${join('data', dirname(name))}/other`);
      symlinkSync(at('victim'), at(`data/${name}`));
      expect(() => claim()).toThrow(`${at(`data/${name}`)} is a link`);
    },
  );
});

describe('a data directory that several make at once', () => {
  const workers = 4;
  const rounds = 60;

  it('is ours for each of them, and has one record', async () => {
    const code = `
      import { claimDataDirectory } from ${JSON.stringify(new URL('./vouch.ts', import.meta.url))};
      import { workerData } from 'node:worker_threads';
      const { gate, user } = workerData;
      for (let round = 0; round < ${rounds}; round += 1) {
        // All of them are here before one goes on.
        Atomics.add(gate, 0, 1);
        while (Atomics.load(gate, 0) < (round + 1) * ${workers});
        claimDataDirectory(${JSON.stringify(at('data'))} + round, user);
      }`;
    const gate = new Int32Array(new SharedArrayBuffer(4));
    const ends = Array.from({ length: workers }, () => {
      const options = { workerData: { gate, user: user() }, execArgv: ['--conditions=source'] };
      const url = new URL(`data:text/javascript,${encodeURIComponent(code)}`);
      return once(new Worker(url, options), 'exit');
    });
    expect((await Promise.all(ends)).flat()).toEqual(Array.from({ length: workers }, () => 0));
    const places = Array.from({ length: rounds }, (_, round) =>
      basename(stateDirectory(base(), dataDirectoryId(at(`data${round}`)) ?? '')),
    );
    expect(readdirSync(base()).sort()).toEqual(places.sort());
  });
});

describe('the user’s word', () => {
  it('makes a directory ours, once', () => {
    fill('data/pg/file');
    trust();
    look();
    claim();
    trust();
    trust('missing');
    expect(existsSync(at('missing'))).toBe(false);
  });

  it('gives a copy an id of its own, and leaves the first one ours', () => {
    claim();
    fill('data/file');
    copy('data', 'copy');
    trust('copy');
    for (const name of ['data', 'copy']) look(name);
    expect(dataDirectoryId(at('copy'))).not.toBe(dataDirectoryId(at('data')));
  });

  it('keeps the id of one that was restored elsewhere, when the first one is gone', () => {
    claim();
    copy('data', 'restored');
    const id = dataDirectoryId(at('data'));
    rmSync(at('data'), { recursive: true });
    trust('restored');
    look('restored');
    expect(dataDirectoryId(at('restored'))).toBe(id);
  });

  it('does not count where others can enter', () => {
    fill('data/file');
    chmodSync(at('data'), 0o750);
    expect(() => trust()).toThrow(notPrivate);
    expect(readFileSync(at('data/file'), 'utf8')).toBe('');
    expect(existsSync(base())).toBe(false);
  });
});

describe('what git tracks', () => {
  beforeEach(() => {
    mkdirSync(at('repo'));
    git('init', '--quiet');
  });

  it('is refused, whoever vouches for it', () => {
    claim('repo/data');
    fill('repo/data/pg/file');
    claim('repo/data');
    git('add', '-f', 'data/pg/file');
    expect(() => claim('repo/data')).toThrow(/in a git repository's index/);
    fill('repo/other/file');
    git('add', 'other');
    expect(() => trust('repo/other')).toThrow(/in a git repository's index/);
  });

  it('is refused as a link to what is ours, too', () => {
    claim('repo/data');
    fill('repo/data/file');
    symlinkSync('data', at('repo/link'));
    look('repo/link');
    git('add', 'link');
    for (const act of [look, claim])
      expect(() => act('repo/link')).toThrow(/git repository's index/);
  });

  it('is asked without running what the repository names', () => {
    fill('repo/spy', '#!/bin/sh\ntouch "$(dirname "$0")/ran"\n');
    chmodSync(at('repo/spy'), 0o700);
    git('add', 'spy');
    git('config', 'core.fsmonitor', at('repo/spy'));
    claim('repo/data');
    expect(existsSync(at('repo/ran'))).toBe(false);
  });
});
