import type { Config } from '#libs/config';
import { shellWord } from '#libs/kernel';
import { credentialSettings, credentialsProblem } from './git-credentials.ts';

/**
 * How private repositories are reached: files of this machine that its operator names. Git and ssh get their paths, never
 * what is in them; nothing of it is written into a workspace.
 */
export interface GitAccess {
  /** A private key without a passphrase. */
  readonly sshKey?: string | undefined;
  /** The hosts that ssh may talk to, in its own format. */
  readonly knownHosts?: string | undefined;
  /** Lines `https://USER:PASSWORD@HOST[/PATH]`, as git's credential store has them (`git-credentials.ts`). */
  readonly credentialsFile?: string | undefined;
}

/** The access that the settings of this process give. */
export function gitAccessOf(config: Config): GitAccess {
  const { gitSshKey: sshKey, gitKnownHosts: knownHosts } = config;
  return { sshKey, knownHosts, credentialsFile: config.gitCredentialsFile };
}

/** Options of ssh by which nothing of the account that it runs under takes part: no file, no agent, no question. */
const sshOptions = [
  'BatchMode=yes',
  'StrictHostKeyChecking=yes',
  'IdentitiesOnly=yes',
  'IdentityAgent=none',
  'PreferredAuthentications=publickey',
  'GlobalKnownHostsFile=/dev/null',
  'UpdateHostKeys=no',
  'PermitLocalCommand=no',
  'ProxyCommand=none',
  'ControlPath=none',
  'ClearAllForwardings=yes',
];

/** The settings of one call of git, each an argument of its own behind `-c`. */
export function accessArguments(access: GitAccess): readonly string[] {
  const { sshKey, knownHosts, credentialsFile } = access;
  const options = [
    ...sshOptions,
    `IdentityFile=${sshKey === undefined ? 'none' : `"${sshKey}"`}`,
    `UserKnownHostsFile=${knownHosts === undefined ? '/dev/null' : `"${knownHosts}"`}`,
  ];
  const ssh = ['ssh', '-F', '/dev/null', ...options.map((option) => `-o${option}`)];
  const settings = [`core.sshCommand=${ssh.map(shellWord).join(' ')}`, 'ssh.variant=ssh'];
  if (credentialsFile !== undefined) settings.push(...credentialSettings(credentialsFile));
  return settings.flatMap((setting) => ['-c', setting]);
}

/** What the executor's settings lack for an address, or undefined. */
export function accessProblem(url: string, access: GitAccess): string | undefined {
  const { credentialsFile } = access;
  const problem = credentialsFile === undefined ? undefined : credentialsProblem(credentialsFile);
  if (problem !== undefined || /^(?:https?|file):\/\//.test(url)) return problem;
  return access.sshKey === undefined || access.knownHosts === undefined
    ? 'ssh needs the executor’s settings git_ssh_key and git_known_hosts'
    : undefined;
}
