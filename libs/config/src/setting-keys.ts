import { type SettingKey, settings } from './schema.ts';

export function isSettingKey(text: string): text is SettingKey {
  return Object.hasOwn(settings, text);
}

/** A setting as it stands in a file, and as people are told of it. */
export function settingName(key: SettingKey): string {
  return key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** The setting that a person means: `hostPath`, `host_path` and `MILLRACE_HOST_PATH` are one. */
export function findSettingKey(name: string): SettingKey | undefined {
  const key = name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
  if (isSettingKey(key)) return key;
  return (Object.keys(settings) as SettingKey[]).find((each) => settings[each].variable === name);
}
