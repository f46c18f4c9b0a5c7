import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { settings, systemPath } from '#libs/config';

/** Variables beside settings that a server in the background inherits: they say where this user's files are. */
const places = ['XDG_STATE_HOME', 'TMPDIR'] as const;

/** Settings of the calling command, of no use to a server, which gets its data directory by a flag. */
const ofTheCaller: ReadonlySet<string> = new Set(
  [settings.dataDir, settings.trustDataDir, settings.token, settings.server].map(
    ({ variable }) => variable,
  ),
);

export interface BackgroundUser {
  readonly name: string;
  readonly homeDir: string;
}

/**
 * The whole environment of a server in the background, made from nothing: settings, and a few names that are listed here. It
 * serves whoever comes later, so nothing of the shell that happened to start it goes in: no secret, and not its PATH either.
 *
 * @param env   the environment of the command that starts it
 * @param also  further variables to inherit
 */
export function backgroundEnvironment(
  user: BackgroundUser,
  env: Readonly<Record<string, string | undefined>>,
  also: readonly string[] = [],
): Record<string, string> {
  const made: Record<string, string> = {
    PATH: usualPath(user.homeDir).join(':'),
    HOME: user.homeDir,
    USER: user.name,
    LOGNAME: user.name,
    LANG: 'C.UTF-8',
  };
  for (const name of [...places, ...also]) copy(name, (text) => text);
  for (const { variable } of Object.values(settings)) {
    if (ofTheCaller.has(variable)) continue;
    copy(variable, (text) => text);
    // Made absolute: the server has another working directory.
    copy(`${variable}_FILE`, (path) => resolve(path));
  }
  return made;

  function copy(name: string, as: (text: string) => string): void {
    const text = env[name];
    if (text !== undefined && text !== '') made[name] = as(text);
  }
}

/** Where toolchains install themselves; what else a step needs is named by the setting `host_path`. */
const toolchains = [
  '/usr/local/go/bin',
  '/usr/lib/go/bin',
  '/usr/local/cargo/bin',
  '/snap/bin',
  '/opt/homebrew/bin',
  '/home/linuxbrew/.linuxbrew/bin',
  '/run/current-system/sw/bin',
  '/nix/var/nix/profiles/default/bin',
] as const;
const toolchainsOfUser = ['.local/bin', 'bin', 'go/bin', '.cargo/bin'] as const;

/** The system's directories, then those of toolchains that are there. */
function usualPath(homeDir: string): readonly string[] {
  const further = [...toolchains, ...toolchainsOfUser.map((dir) => join(homeDir, dir))];
  return [...systemPath, ...further.filter((dir) => existsSync(dir))];
}
