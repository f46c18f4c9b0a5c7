import { canonicalJson, sha256Hex } from '#libs/kernel';
import type { LayeredConfig } from './layers.ts';
import { type Config, type Setting, type SettingKey, settings } from './schema.ts';

/** Settings of a command, which say nothing about a server. */
const ofTheCaller: ReadonlySet<SettingKey> = new Set([
  'dataDir',
  'trustDataDir',
  'token',
  'server',
]);

const keys = (Object.keys(settings) as SettingKey[]).filter((key) => !ofTheCaller.has(key));

/** The settings that a server works by, for commands to compare with what they ask for. Secrets appear as digests. */
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
 * Settings that bound the runs of others. A variable of the command that started a server must not bound the runs of later
 * callers silently, so these are compared for every caller.
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
