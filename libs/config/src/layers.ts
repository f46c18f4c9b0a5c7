import { Fault } from '#libs/kernel';
import { type Config, type Setting, type SettingKey, settings } from './schema.ts';
import { isSettingKey, settingName } from './setting-keys.ts';

/** Where a value comes from; earlier layers win. */
export type LayerName = 'flag' | 'environment' | 'file' | 'default';

export interface Layer {
  readonly name: LayerName;
  /** For people: a variable's or a file's name per key. */
  readonly origin: (key: SettingKey) => string;
  readonly values: Readonly<Partial<Record<string, unknown>>>;
}

export interface Explanation {
  readonly key: SettingKey;
  /** `***` for secrets. */
  readonly value: unknown;
  readonly layer: LayerName;
  readonly origin: string;
  readonly about: string;
  /** What a number counts, if it is a time or a size. */
  readonly unit?: 'ms' | 'bytes';
}

export interface LayeredConfig {
  readonly config: Config;
  explain(key: SettingKey): Explanation;
}

/**
 * Merges layers, the strongest first, and checks what wins.
 *
 * @throws Fault `config.invalid` naming the key, where it was set, and what is expected; never the value of a secret
 */
export function mergeLayers(layers: readonly Layer[]): LayeredConfig {
  for (const layer of layers) {
    const unknown = Object.keys(layer.values).find((key) => !isSettingKey(key));
    if (unknown !== undefined) {
      throw new Fault('config.invalid', 'never', `there is no setting ${unknown} (${layer.name})`);
    }
    const told = Object.keys(layer.values).find((key) => isNeverIn(layer, key));
    if (told !== undefined)
      throw new Fault(
        'config.invalid',
        'never',
        `${settingName(told as SettingKey)} cannot be set in a file`,
      );
  }
  const values: Record<string, unknown> = {};
  const winners = new Map<SettingKey, Layer | undefined>();
  for (const key of Object.keys(settings) as SettingKey[]) {
    const winner = layers.find((layer) => layer.values[key] !== undefined);
    winners.set(key, winner);
    values[key] = winner === undefined ? settings[key].default : checked(key, winner);
  }
  const config = Object.freeze(values) as Config;
  return {
    config,
    explain(key) {
      const setting: Setting = settings[key];
      const winner = winners.get(key);
      const value = config[key];
      return {
        key,
        value: setting.isSecret && value !== undefined ? '***' : value,
        layer: winner?.name ?? 'default',
        origin: winner?.origin(key) ?? 'built in',
        about: setting.about,
        ...(setting.unit === undefined ? {} : { unit: setting.unit }),
      };
    },
  };
}

function isNeverIn({ name }: Layer, key: string): boolean {
  const { isNeverInFile = false }: Setting = settings[key as SettingKey];
  return name === 'file' && isNeverInFile;
}

function checked(key: SettingKey, layer: Layer): unknown {
  const parsed = settings[key].schema.safeParse(layer.values[key]);
  if (parsed.success) return parsed.data;
  const expected = parsed.error.issues.map((issue) => issue.message).join('; ');
  throw new Fault(
    'config.invalid',
    'never',
    `${settingName(key)} from ${layer.origin(key)}: ${expected}`,
  );
}
