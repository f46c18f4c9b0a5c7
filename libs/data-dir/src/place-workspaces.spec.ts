import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Fault } from '#libs/kernel';
import { foreseeWorkspaces, placeWorkspaces } from './place-workspaces.ts';
import { dataDirectoryId, stateDirectory } from './state-marks.ts';

let root = '';
beforeEach(() => {
  root = realpathSync(mkdtempSync(join(tmpdir(), 'millrace-place-')));
  for (const name of ['home', 'shared', 'data']) mkdirSync(join(root, name));
  chmodSync(join(root, 'shared'), 0o1777);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

interface Given {
  readonly dataDir?: string;
  readonly stateHome?: string;
  readonly uid?: number;
}

const place = ({ dataDir = 'data', ...given }: Given = {}) =>
  placeWorkspaces({
    dataDir: join(root, dataDir),
    home: join(root, 'home'),
    stickyDir: join(root, 'shared'),
    ...given,
  });
const write = (path: string, text = '') => {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
};
const uid = process.getuid?.() ?? 0;
const sharedBase = () => join(root, 'shared', `millrace-${uid}`);

describe('workspaces lie', () => {
  it('where their name was the id itself are a former place, and what is there is not lost', () => {
    const { directory } = place();
    const base = join(root, 'home/.local/state/millrace');
    const former = join(base, dataDirectoryId(join(root, 'data')) ?? '');
    renameSync(directory, former);
    write('data/executor/workspaces-at', `${former}\n`);
    expect(place()).toEqual({ directory, formerDirectories: [former] });
  });

  it('below the user’s state, for this user alone, by a name that does not tell the data directory’s id', () => {
    const { directory, formerDirectories } = place();
    const id = dataDirectoryId(join(root, 'data')) ?? '';
    expect(directory).toBe(stateDirectory(join(root, 'home/.local/state/millrace'), id));
    expect(directory).not.toContain(id);
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    expect(readFileSync(join(directory, '.data-directory'), 'utf8')).toMatch(`${root}/data\n`);
    expect(formerDirectories).toEqual([]);
    expect(place().directory).toBe(directory);
  });

  it.each([
    ['/state', (found: string) => found.startsWith(`${root}/state/millrace/`)],
    ['', (found: string) => found.startsWith(`${root}/home/.local/state/`)],
  ])('where XDG_STATE_HOME says, if it is absolute: %j', (name, isRight) => {
    expect(isRight(place({ stateHome: name === '' ? 'state' : root + name }).directory)).toBe(true);
  });

  it.each([
    ['.git', 'home/.git/HEAD'],
    ['.git of a work tree', 'home/.git'],
    ['.hg', 'home/.local/.hg/x'],
    ['.jj', 'home/.local/state/.jj/x'],
    ['package.json', 'home/package.json'],
    ['node_modules', 'home/.local/node_modules/x/index.js'],
    ['go.mod', 'home/go.mod'],
    ['go.work', 'home/go.work'],
    ['Cargo.toml', 'home/Cargo.toml'],
    ['settings of cargo', 'home/.cargo/config.toml'],
    ['pyproject.toml', 'home/pyproject.toml'],
    ['setup.cfg', 'home/.local/state/millrace/setup.cfg'],
    ['setup.py', 'home/setup.py'],
    ['another data directory', 'home/data-directory-id', '01900000-0000-7000-8000-000000000001\n'],
  ])('in the shared directory where above the user’s state there is %s', (_, path, text = '') => {
    write(path, text);
    if (path.includes('millrace')) chmodSync(dirname(join(root, path)), 0o700);
    const { directory } = place();
    expect(dirname(directory)).toBe(sharedBase());
    expect(statSync(sharedBase()).mode & 0o777).toBe(0o700);
  });

  it('also there where the way leads through a link', () => {
    write('project/package.json');
    mkdirSync(join(root, 'project/state'));
    symlinkSync(join(root, 'project/state'), join(root, 'home/.local'));
    expect(dirname(place().directory)).toBe(sharedBase());
  });

  it('never in the data directory', () => {
    expect(dirname(place({ stateHome: join(root, 'data') }).directory)).toBe(sharedBase());
    expect(dirname(place({ dataDir: 'home' }).directory)).toBe(sharedBase());
  });

  it('also where a tool keeps its own files in HOME', () => {
    for (const path of ['.cargo/registry/x', '.npmrc', '.gitconfig', '.tool-versions'])
      write(`home/${path}`);
    expect(place().directory).toContain('/home/.local/state/');
  });
});

describe('the shared directory is refused', () => {
  const reason = () => {
    try {
      place();
    } catch (error) {
      expect(error).toBeInstanceOf(Fault);
      expect((error as Fault).code).toBe('workspaces.no-place');
      return (error as Fault).message;
    }
    return undefined;
  };
  beforeEach(() => write('home/package.json'));

  it('with both reasons where a project lies above it, too', () => {
    write('shared/.git/HEAD');
    expect(reason()).toMatch(/home\/package\.json; .*shared\/\.git$/);
  });

  it('where others may write to what stands there', () => {
    mkdirSync(sharedBase());
    chmodSync(sharedBase(), 0o777);
    expect(reason()).toMatch(/others may write/);
  });

  it('where a file stands there', () => {
    write(`shared/millrace-${uid}`);
    expect(reason()).toMatch(/millrace-/);
  });

  it('where it is not there', () => {
    rmSync(join(root, 'shared'), { recursive: true });
    expect(reason()).toMatch(/not there/);
  });

  it('where it belongs to somebody who could put anything there', () => {
    const stranger = uid + 1;
    if (uid === 0) chownSync(join(root, 'shared'), stranger + 1, stranger + 1);
    expect(() => place({ uid: stranger })).toThrow(/\/shared belongs to another user/);
    expect(existsSync(join(root, 'shared', `millrace-${stranger}`))).toBe(false);
  });

  it('where somebody else has put a directory or a link there', () => {
    // Who we are is told: whoever runs this, the directory then belongs to somebody else.
    const stranger = uid + 1;
    mkdirSync(join(root, 'shared', `millrace-${stranger}`), { mode: 0o700 });
    if (uid === 0) chownSync(join(root, 'shared'), stranger, stranger);
    expect(() => place({ uid: stranger })).toThrow(/belongs to another user/);
    rmSync(join(root, 'shared', `millrace-${stranger}`), { recursive: true });
    symlinkSync(join(root, 'home'), join(root, 'shared', `millrace-${stranger}`));
    expect(() => place({ uid: stranger })).toThrow(/belongs to another user/);
  });
});

describe('whoever only asks', () => {
  const order = () => ({
    dataDir: join(root, 'data'),
    home: join(root, 'home'),
    stickyDir: join(root, 'shared'),
  });

  it('hears where the server would place them, and leaves nothing there', () => {
    const base = join(root, 'home/.local/state/millrace');
    expect(dirname(foreseeWorkspaces(order()).directory)).toBe(base);
    expect(existsSync(base)).toBe(false);
    expect(dataDirectoryId(join(root, 'data'))).toBeUndefined();
    const { directory } = place();
    expect(foreseeWorkspaces(order())).toEqual({ directory, formerDirectories: [] });
  });

  it('hears of former places, and why there is none', () => {
    const first = place().directory;
    write('home/package.json');
    expect(foreseeWorkspaces(order()).formerDirectories).toEqual([first]);
    mkdirSync(sharedBase());
    chmodSync(sharedBase(), 0o777);
    expect(() => foreseeWorkspaces(order())).toThrow(/package\.json; .*others may write/);
  });
});

describe('a data directory', () => {
  it('that was copied gets a place of its own, and so does the first one keep its', () => {
    const first = place().directory;
    cpSync(join(root, 'data'), join(root, 'copy'), { recursive: true });
    const second = place({ dataDir: 'copy' });
    expect(second.directory).not.toBe(first);
    expect(second.formerDirectories).toEqual([]);
    expect(place().directory).toBe(first);
  });

  it('that was moved keeps its place', () => {
    const first = place().directory;
    renameSync(join(root, 'data'), join(root, 'moved'));
    expect(place({ dataDir: 'moved' })).toEqual({ directory: first, formerDirectories: [] });
  });

  it('that was moved has its former place still, and none that is another one’s', () => {
    const first = place().directory;
    renameSync(join(root, 'data'), join(root, 'moved'));
    const given = { dataDir: 'moved', stateHome: join(root, 'other') };
    expect(place(given).formerDirectories).toEqual([first]);
    mkdirSync(join(root, 'data'));
    place();
    writeFileSync(join(first, '.data-directory'), `${root}/data\n`);
    expect(place(given).formerDirectories).toEqual([]);
  });

  it('has no former place behind a link', () => {
    mkdirSync(join(root, 'victim'));
    symlinkSync(join(root, 'victim'), join(root, 'data/workspaces'));
    expect(place().formerDirectories).toEqual([]);
  });

  it('remembers every place it had until that is gone', () => {
    const first = place().directory;
    mkdirSync(join(root, 'data/workspaces'));
    const stateHome = join(root, 'other');
    const formerDirectories = [first, join(root, 'data/workspaces')];
    expect(place({ stateHome })).toMatchObject({ formerDirectories });
    expect(place({ stateHome })).toMatchObject({ formerDirectories });
    rmSync(first, { recursive: true });
    rmSync(join(root, 'data/workspaces'), { recursive: true });
    expect(place({ stateHome }).formerDirectories).toEqual([]);
    expect(existsSync(first)).toBe(false);
  });
});
