import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Fault } from '#libs/kernel';
import { loadConfig } from './load.ts';

let dataDir = '';
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'millrace-config-'));
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

describe('loadConfig', () => {
  it('takes defaults where nothing is set', () => {
    const { config, explain } = loadConfig({}, {});
    expect(config.listen).toBe('127.0.0.1:7420');
    expect(config.db).toBeUndefined();
    expect(explain('listen')).toMatchObject({ layer: 'default', origin: 'built in' });
  });

  it('finds the data directory upwards where nobody names one, else puts it beside the pipeline file', () => {
    const deep = join(dataDir, 'a/b');
    mkdirSync(deep, { recursive: true });
    const dirOf = (env = {}) => loadConfig({}, env, deep).config.dataDir;
    expect(dirOf()).toBe('.millrace');
    writeFileSync(join(dataDir, '.millrace.yaml'), '');
    expect(dirOf()).toBe(join(dataDir, '.millrace'));
    mkdirSync(join(dataDir, 'a/.millrace'));
    writeFileSync(join(dataDir, 'a/.millrace/config.yaml'), 'slots: 3\n');
    const { config, explain } = loadConfig({}, {}, deep);
    expect([config.dataDir, config.slots]).toEqual([join(dataDir, 'a/.millrace'), 3]);
    expect(explain('dataDir')).toMatchObject({
      layer: 'default',
      origin: expect.stringMatching(/upwards/),
    });
    expect(dirOf({ MILLRACE_DATA_DIR: '/x' })).toBe('/x');
    expect(loadConfig({}, {}).config.dataDir).toBe('.millrace');
  });

  it('lets flags win over the environment, and that over the file', () => {
    writeFileSync(join(dataDir, 'config.yaml'), 'slots: 3\nsandbox: process\nlogLevel: warn\n');
    const env = { MILLRACE_SANDBOX: 'oci', MILLRACE_LOG_LEVEL: 'error' };
    const { config, explain } = loadConfig({ dataDir, logLevel: 'debug' }, env);
    expect([config.slots, config.sandbox, config.logLevel]).toEqual([3, 'oci', 'debug']);
    expect(explain('slots')).toMatchObject({ layer: 'file', origin: join(dataDir, 'config.yaml') });
    expect(explain('sandbox')).toMatchObject({ layer: 'environment', origin: 'MILLRACE_SANDBOX' });
  });

  it('reads a secret from a file and never shows it', () => {
    writeFileSync(join(dataDir, 'secret'), 'abcdefghijklmnopqrstuvwxyz\n');
    const { config, explain } = loadConfig(
      { dataDir },
      { MILLRACE_TOKEN_FILE: join(dataDir, 'secret') },
    );
    expect(config.token).toBe('abcdefghijklmnopqrstuvwxyz');
    expect(explain('token')).toMatchObject({ value: '***', origin: 'MILLRACE_TOKEN_FILE' });
  });

  it.each([
    ['a bad value', {}, { MILLRACE_SLOTS: 'many' }, 'slots from MILLRACE_SLOTS'],
    ['a bad address', { listen: 'nowhere' }, {}, 'HOST:PORT'],
    ['a relative path', {}, { MILLRACE_HOST_PATH: 'bin' }, 'absolute'],
    ['a list by its name', {}, { MILLRACE_HOST_PATH: 'bin' }, 'host_path from MILLRACE_HOST_PATH'],
    ['a path that ssh would read otherwise', {}, { MILLRACE_GIT_SSH_KEY: '/a/%h' }, 'absolute'],
    ['a file that is not there', {}, { MILLRACE_TOKEN_FILE: '/nowhere/at/all' }, 'cannot be read'],
  ])('refuses %s', (_, flags, env, words) => {
    expect(() => loadConfig({ dataDir, ...flags }, env)).toThrow(Fault);
    expect(() => loadConfig({ dataDir, ...flags }, env)).toThrow(words);
  });

  it.each([
    'nonsense: 1\n',
    '[1, 2]\n',
    'a: [\n',
    'slots: 1\nMILLRACE_SLOTS: 2\n',
    '__proto__: 1\n',
  ])('refuses the file %j', (text) => {
    writeFileSync(join(dataDir, 'config.yaml'), text);
    expect(() => loadConfig({ dataDir }, {})).toThrow(Fault);
  });

  it('knows a setting by each of its spellings', () => {
    const text = 'host_path: /opt/go/bin\nMILLRACE_SLOTS: 3\ngit_credentials_file: /etc/robot\n';
    writeFileSync(join(dataDir, 'config.yaml'), text);
    const { config } = loadConfig({ dataDir }, {});
    expect([config.hostPath, config.slots]).toEqual([['/opt/go/bin'], 3]);
    expect(config.gitCredentialsFile).toBe('/etc/robot');
  });

  it('reads durations and lists', () => {
    const env = {
      MILLRACE_STOP_GRACE: '3s',
      MILLRACE_LABELS: 'linux, big',
      MILLRACE_HOST_PATH: '/opt/go/bin:/opt/node/bin',
    };
    const { config } = loadConfig({ dataDir }, env);
    expect(config.stopGrace).toBe(3000);
    expect(config.labels).toEqual(['linux', 'big']);
    expect(config.hostPath).toEqual(['/opt/go/bin', '/opt/node/bin']);
  });
});
