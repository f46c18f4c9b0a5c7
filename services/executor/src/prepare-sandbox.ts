import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemPath } from '#libs/config';
import { Fault, type Ids } from '#libs/kernel';
import {
  everySandbox,
  type SandboxDriver,
  type SandboxProbe,
  type SandboxSpec,
} from '#libs/sandbox';
import { childTraceparent } from '#libs/telemetry';
import type { AttemptContext } from './attempt-context.ts';
import { chooseDriver } from './choose-driver.ts';
import { commandEcho, commandFiles } from './command-files.ts';
import { commandMark } from './command-groups.ts';
import { homeName } from './run-homes.ts';
import type { ExecutorSettings } from './settings.ts';
import { furtherPath, type StepPlace, stepEnvironment } from './step-environment.ts';
import { findProgram, stepShell } from './step-shell.ts';
import type { StepTemporaries } from './step-temporaries.ts';
import type { Workspaces } from './workspaces.ts';

export interface SandboxParts {
  readonly workspaces: Workspaces;
  readonly temporaries: StepTemporaries;
  /** The drivers that work and are allowed, the strongest first. */
  readonly usable: readonly SandboxProbe[];
  readonly drivers: readonly SandboxDriver[];
  readonly ids: Ids;
  readonly settings: ExecutorSettings;
}

/**
 * Makes the directories of an attempt with the files of its commands, and the sandbox, which does not run yet.
 *
 * @throws Fault `isolation.unavailable`, and those of the driver
 */
export async function prepareSandbox(context: AttemptContext, parts: SandboxParts): Promise<void> {
  const { assignment } = context;
  const { settings } = parts;
  const driver = pickDriver(context, parts);
  const name = `millrace-${assignment.runId}-${assignment.step}-${assignment.attempt}-${assignment.fence}`;
  const workspaceDir = context.workspaceDir ?? '';
  const isContained = driver.kind !== 'process';
  const [homeDir, tmpDir] = await Promise.all([
    parts.workspaces.home(assignment.runId, homeName(assignment, driver.kind)),
    // A container has a /tmp of its own.
    isContained ? undefined : parts.temporaries.make(),
  ]);
  context.tmpDir = tmpDir;
  const place: StepPlace = {
    workspace: isContained ? '/workspace' : workspaceDir,
    home: isContained ? '/home/step' : homeDir,
    tmp: context.tmpDir,
    isContained,
    hostPath: settings.hostPath,
    furtherPath: furtherPath(settings.ownPath, isContained),
    commit: context.commit,
    traceparent: childTraceparent(assignment.traceparent, randomBytes(parts.ids)),
  };
  context.stage = 'mounted';
  const bash = await findProgram('bash', [...settings.hostPath, ...systemPath]);
  context.shell = stepShell(assignment.shell, bash);
  context.markWord = parts.ids.uuid();
  const { argv, commands } = await writeCommands(context, parts, { name, isContained });
  context.sandbox = await driver.prepare({
    name,
    image: assignment.image,
    isolation: assignment.isolation,
    network: assignment.network,
    argv,
    env: stepEnvironment(assignment, place),
    workspaceDir,
    workspaceMount: place.workspace,
    homeDir,
    ...(commands && { commands }),
    ...(assignment.streams && { streams: assignment.streams }),
    ...everySandbox(settings),
  });
  // After everything that may refuse: the log of a step that cannot run shows no shell and no command.
  await announce(context, isContained);
}

/** The path of the files of its commands inside a container. */
const commandsMount = '/commands';

/** Makes the files of the commands, if there are any: most steps have a single command that needs none. */
async function writeCommands(
  context: AttemptContext,
  { workspaces }: SandboxParts,
  { name, isContained }: { readonly name: string; readonly isContained: boolean },
): Promise<Pick<SandboxSpec, 'argv' | 'commands'>> {
  const { assignment, shell, markWord } = context;
  const dir = workspaces.commands.pathOf(name);
  const mount = isContained ? commandsMount : dir;
  const { files, argv } = commandFiles(assignment.commands, {
    directory: mount,
    shell,
    mark: (command) => commandMark(markWord, command),
  });
  if (files.length === 0) return { argv };
  context.commandsDir = dir;
  await mkdir(dir, { recursive: true, mode: 0o700 });
  for (const file of files) await writeFile(join(dir, file.name), file.text, { mode: 0o600 });
  return { argv, commands: { dir, mount } };
}

/** Removes the directories of the attempt alone; the HOME is for the run's other steps, too. */
export async function clearPlaces(
  { commandsDir, tmpDir }: AttemptContext,
  { workspaces, temporaries }: SandboxParts,
): Promise<void> {
  if (commandsDir !== undefined) await workspaces.commands.remove(commandsDir);
  if (tmpDir !== undefined) await temporaries.remove(tmpDir);
}

function pickDriver(context: AttemptContext, parts: SandboxParts): SandboxDriver {
  context.driver = chooseDriver(parts.usable, context.assignment.isolation);
  const { driver: kind } = context.driver;
  const driver = parts.drivers.find((each) => each.kind === kind);
  if (!driver) throw new Fault('sandbox.unavailable', 'never', `there is no driver ${kind}`);
  return driver;
}

/** A step of the process driver runs as the server's user, which its log says. */
const uncontainedWords =
  'this step runs as a plain process, without isolation: it can do what its user can, the server’s token, socket and database and the network included';

/** The first line of the log names the isolation that is missing and the shell; commands of a list are announced one by one. */
async function announce(context: AttemptContext, isContained: boolean): Promise<void> {
  const warning = isContained ? '' : `; ${uncontainedWords}`;
  await context.say(`shell: ${context.shell.title}${warning}`);
  for (const words of context.warnings) await context.say(`warning: ${words}`);
  const [first = '', ...more] = context.assignment.commands;
  if (more.length === 0) for (const line of commandEcho(first)) await context.say(line);
}

function randomBytes(ids: Ids): Uint8Array {
  return Buffer.from((ids.uuid() + ids.uuid()).replaceAll('-', ''), 'hex').subarray(0, 24);
}
