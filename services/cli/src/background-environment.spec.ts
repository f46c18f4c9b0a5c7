import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { backgroundEnvironment } from './background-environment.ts';

let homeDir = '';
beforeEach(() => {
  homeDir = mkdtempSync(join(tmpdir(), 'millrace-home-'));
});
afterEach(() => rmSync(homeDir, { recursive: true, force: true }));
const of = (env: Record<string, string>, also: string[] = []) =>
  backgroundEnvironment({ name: 'ada', homeDir }, env, also);

describe('the environment of a server in the background', () => {
  it('has settings and what is listed, and nothing else of the shell that starts it', () => {
    const made = of(
      {
        PATH: '/home/ada/.nvm/bin:/usr/bin',
        HOME: '/elsewhere',
        AWS_SECRET_ACCESS_KEY: 'secret',
        NODE_OPTIONS: '--inspect',
        LD_PRELOAD: '/tmp/evil.so',
        MILLRACE_SLOTS: '3',
        MILLRACE_LABELS: '',
        MILLRACE_NOSUCH: 'x',
        XDG_STATE_HOME: '/state',
        MARK: 'outer',
      },
      ['MARK'],
    );
    const { PATH, ...rest } = made;
    expect(rest).toEqual({
      HOME: homeDir,
      USER: 'ada',
      LOGNAME: 'ada',
      LANG: 'C.UTF-8',
      MILLRACE_SLOTS: '3',
      XDG_STATE_HOME: '/state',
      MARK: 'outer',
    });
    expect(PATH).not.toContain('nvm');
  });

  it('leaves out what is the caller’s own', () => {
    const env = {
      MILLRACE_TOKEN: 't'.repeat(20),
      MILLRACE_SERVER: 'http://a',
      MILLRACE_DATA_DIR: 'x',
    };
    expect(Object.keys(of(env)).filter((name) => name.startsWith('MILLRACE_'))).toEqual([]);
  });

  it('names files by their whole path', () => {
    expect(of({ MILLRACE_DB_URL_FILE: 'db' }).MILLRACE_DB_URL_FILE).toBe(join(process.cwd(), 'db'));
  });

  it('searches the system first, then the toolchains that are there', () => {
    mkdirSync(join(homeDir, '.cargo/bin'), { recursive: true });
    const path = of({}).PATH?.split(':') ?? [];
    expect(path.slice(0, 4)).toEqual([
      '/usr/local/sbin',
      '/usr/local/bin',
      '/usr/sbin',
      '/usr/bin',
    ]);
    expect(path.at(-1)).toBe(join(homeDir, '.cargo/bin'));
    expect(path).not.toContain(join(homeDir, 'go/bin'));
  });
});
