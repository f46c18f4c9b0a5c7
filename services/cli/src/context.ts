import type { Command } from 'commander';
import type { ApiClient } from '#libs/api-client';
import {
  type Config,
  settings as everySetting,
  inheritedEnvironment,
  type LayeredConfig,
  loadConfig,
  type SettingKey,
} from '#libs/config';
import { requireOurs, trustDataDirectory } from '#libs/data-dir';
import { nothingRan } from './exit-codes.ts';
import { givenTo, invocationOf } from './invocation.ts';
import { createOutput, type Output } from './output.ts';
import { isUnused, type ServerWish, useServer } from './use-server.ts';

/** What every command gets: its settings, its output, and the server if it asks for one. */
export interface CommandContext {
  readonly settings: LayeredConfig;
  readonly config: Config;
  readonly output: Output;
  /**
   * The server. If none runs and the data directory holds state (or `always` is said), one is started in the background: at
   * rest, so that reading writes nothing and runs nothing, unless `works` is said.
   */
  client(options?: Partial<ServerWish>): Promise<ApiClient>;
  /** For a command that lists: undefined if nothing has run, which people are told; a list in JSON is empty. */
  lister(): Promise<ApiClient | undefined>;
}

/** The flags that mirror settings, by setting key. */
const settingFlags = [
  'dataDir',
  'listen',
  'db',
  'sandbox',
  'server',
] as const satisfies readonly SettingKey[];

const settingKeys = Object.keys(everySetting) as SettingKey[];

/**
 * Reads global flags wherever they stand on the command line.
 *
 * @throws Fault `config.invalid`; `data-dir.not-ours` if settings stand in a data directory that came from elsewhere: they
 *   could name a server that gets the token
 */
export function contextOf(command: Command): CommandContext {
  const options = command.optsWithGlobals<Record<string, unknown>>();
  const flags: Partial<Record<SettingKey, unknown>> = {};
  for (const key of settingFlags) if (options[key] !== undefined) flags[key] = options[key];
  const settings = loadConfig(flags, inheritedEnvironment(), process.cwd());
  const { trustDataDir, dataDir } = settings.config;
  if (trustDataDir !== undefined) trustDataDirectory(trustDataDir);
  if (settingKeys.some((key) => settings.explain(key).layer === 'file')) requireOurs(dataDir);
  const output = createOutput(options.json === true, {
    ...invocationOf(options),
    given: givenTo(command),
  });
  const client = (wish: Partial<ServerWish> = {}) =>
    useServer(
      settings,
      { works: false, always: false, missing: 'run.not-found', ...wish },
      output.note,
    );
  const lister = async () => {
    if (!(await isUnused(settings.config))) return client();
    if (!output.isJson) output.line(nothingRan(dataDir));
    return undefined;
  };
  return { settings, config: settings.config, output, client, lister };
}

/** The flags as the server takes them, for a server that this command becomes. */
export function serverArgs({ settings, config }: CommandContext): readonly string[] {
  const args = ['--data-dir', config.dataDir];
  if (settings.explain('listen').layer === 'flag') args.push('--listen', config.listen);
  if (settings.explain('sandbox').layer === 'flag') args.push('--sandbox', config.sandbox);
  if (settings.explain('db').layer === 'flag' && config.db !== undefined)
    args.push('--db', config.db);
  return args;
}
