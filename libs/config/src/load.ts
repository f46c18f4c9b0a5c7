import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parse } from 'yaml';
import { Fault } from '#libs/kernel';
import { type Found, findUpwards } from './find-upwards.ts';
import { type Layer, type LayeredConfig, mergeLayers } from './layers.ts';
import { type SettingKey, settings } from './schema.ts';
import { findSettingKey, isSettingKey, settingName } from './setting-keys.ts';

/** The settings file inside the data directory. */
export const configFileName = 'config.yaml';

/** A repository's pipeline. */
export const pipelineFileName = '.millrace.yaml';

/**
 * Reads settings: flags over environment over DATA_DIR/config.yaml over defaults. `<VARIABLE>_FILE` names a file that
 * holds the value (one trailing line end is dropped). The only reader of the environment.
 *
 * @param flags  by setting key, as the command line gave them
 * @param from   the directory from which the data directory is looked for upwards, if nobody names one; absent: it is `.millrace`
 * @throws Fault `config.invalid`
 */
export function loadConfig(
  flags: Readonly<Partial<Record<SettingKey, unknown>>> = {},
  env: Readonly<Record<string, string | undefined>> = process.env,
  from?: string,
): LayeredConfig {
  const environment = environmentLayer(env);
  const told = flags.dataDir ?? environment.values.dataDir;
  const found = told === undefined && from !== undefined ? findDataDir(from, env.HOME) : undefined;
  const dataDir = resolve(String(told ?? found ?? settings.dataDir.default));
  const path = join(dataDir, configFileName);
  return mergeLayers([
    { name: 'flag', origin: (key) => flagOf(key), values: flags },
    environment,
    { name: 'file', origin: () => path, values: readConfigFile(path) },
    {
      name: 'default',
      origin: () => 'found upwards from the working directory',
      values: found === undefined ? {} : { dataDir: found },
    },
  ]);
}

/** A pipeline file of this user in a directory or above it. */
export function findPipelineFile(
  from: string,
  env: Readonly<Record<string, string | undefined>> = process.env,
): Found {
  return findUpwards(pipelineFileName, { from, home: env.HOME, user: process.geteuid?.() });
}

/** The nearest that is there; else beside the pipeline file, so that each directory of a project means one server. */
function findDataDir(from: string, home: string | undefined): string | undefined {
  const search = { from, home, user: process.geteuid?.() };
  const nearest = findUpwards(settings.dataDir.default, search).path;
  if (nearest !== undefined) return nearest;
  const file = findUpwards(pipelineFileName, search).path;
  return file === undefined ? undefined : join(dirname(file), settings.dataDir.default);
}

function flagOf(key: SettingKey): string {
  const setting = settings[key];
  return 'flag' in setting ? setting.flag : key;
}

function environmentLayer(env: Readonly<Record<string, string | undefined>>): Layer {
  const values: Partial<Record<SettingKey, string>> = {};
  const origins: Partial<Record<SettingKey, string>> = {};
  for (const key of Object.keys(settings) as SettingKey[]) {
    const { variable } = settings[key];
    const direct = env[variable];
    const file = env[`${variable}_FILE`];
    if (direct !== undefined && direct !== '') {
      values[key] = direct;
      origins[key] = variable;
    } else if (file !== undefined && file !== '') {
      values[key] = readValueFile(`${variable}_FILE`, file);
      origins[key] = `${variable}_FILE`;
    }
  }
  return { name: 'environment', origin: (key) => origins[key] ?? settings[key].variable, values };
}

function readValueFile(variable: string, path: string): string {
  try {
    return readFileSync(path, 'utf8').replace(/\r?\n$/, '');
  } catch (cause) {
    throw new Fault('config.invalid', 'never', `${variable}: ${path} cannot be read`, { cause });
  }
}

function readConfigFile(path: string): Record<string, unknown> {
  if (!existsSync(path)) return {};
  try {
    const parsed: unknown = parse(readFileSync(path, 'utf8'), { maxAliasCount: 0 });
    if (parsed === null) return {};
    if (typeof parsed === 'object' && !Array.isArray(parsed))
      return byKey(path, parsed as Record<string, unknown>);
  } catch (cause) {
    if (cause instanceof Fault) throw cause;
    throw new Fault('config.invalid', 'never', `${path} is not valid YAML`, { cause });
  }
  throw new Fault('config.invalid', 'never', `${path} is not a map of settings`);
}

function byKey(path: string, written: Record<string, unknown>): Record<string, unknown> {
  const values = new Map<string, unknown>();
  for (const [name, value] of Object.entries(written)) {
    const key = findSettingKey(name) ?? name;
    if (values.has(key))
      throw new Fault(
        'config.invalid',
        'never',
        `${path} sets ${isSettingKey(key) ? settingName(key) : key} twice`,
      );
    values.set(key, value);
  }
  return Object.fromEntries(values);
}

/** The environment as it came, for a program that this process becomes. Never for a step: its environment is made from nothing. */
export function inheritedEnvironment(): Readonly<Record<string, string | undefined>> {
  return process.env;
}
