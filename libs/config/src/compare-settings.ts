import { canonicalJson, sha256Hex } from '#libs/kernel';
import type { LayeredConfig } from './layers.ts';
import { type Config, type Setting, type SettingKey, settings } from './schema.ts';

/** Not what a server is like. */
const ofTheCaller: ReadonlySet<SettingKey> = new Set([
  'dataDir',
  'trustDataDir',
  'token',
  'server',
]);

const keys = (Object.keys(settings) as SettingKey[]).filter((key) => !ofTheCaller.has(key));

/** What a server works by, for whoever wants to know whether it does as they ask. Secrets are told by their digest. */
export function workingSettings(config: Config): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    keys.flatMap((key) => {
      const value = config[key];
      if (value === undefined) return [];
      const { isSecret }: Setting = settings[key];
      return [[key, isSecret ? sha256Hex(String(value)).slice(0, 16) : value]];
    }),
  );
}

/**
 * What a server lets others have. A variable of the command that started it must not bound the runs of everybody after it
 * without a word, so that these are compared for every caller.
 */
const bounds: ReadonlySet<SettingKey> = new Set([
  'isolationMin',
  'networkMax',
  'allowProcessDriver',
]);

/**
 * The settings that a caller asks for by flag or variable, and that a server does not work by; of those that say what runs
 * may have, any that differs from the caller's own.
 */
export function unmetSettings(
  asked: LayeredConfig,
  server: Readonly<Record<string, unknown>>,
): readonly SettingKey[] {
  const wanted = workingSettings(asked.config);
  return keys
    .filter((key) => bounds.has(key) || ['flag', 'environment'].includes(asked.explain(key).layer))
    .filter((key) => canonicalJson(wanted[key] ?? null) !== canonicalJson(server[key] ?? null));
}
