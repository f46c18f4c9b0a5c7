import { mkdir, rmdir, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Fault, type Ids } from '#libs/kernel';
import type { SandboxDriver, SandboxProbe, SandboxTrial } from '#libs/sandbox';
import { childTraceparent } from '#libs/telemetry';
import type { AttemptContext } from './attempt-context.ts';
import { chooseDriver } from './choose-driver.ts';
import { commandEcho, commandScript } from './command-script.ts';
import { TreeRemover } from './remove-tree.ts';
import type { ExecutorSettings } from './settings.ts';
import {
  furtherPath,
  type StepPlace,
  shownDirectories,
  stepEnvironment,
} from './step-environment.ts';

export interface SandboxParts {
  /** What works and is allowed, the strongest first. */
  readonly usable: readonly SandboxProbe[];
  readonly drivers: readonly SandboxDriver[];
  readonly ids: Ids;
  readonly settings: ExecutorSettings;
}

/** In the step's HOME, where it is seen from inside. */
const scriptName = '.millrace-step.sh';

/**
 * Makes the attempt's HOME with its script, and the sandbox, which does not run yet.
 *
 * @throws Fault `isolation.unavailable`, and those of the driver
 */
export async function prepareSandbox(context: AttemptContext, parts: SandboxParts): Promise<void> {
  const { assignment } = context;
  const { settings } = parts;
  const driver = pickDriver(context, parts);
  const name = `millrace-${assignment.runId}-${assignment.step}-${assignment.attempt}-${assignment.fence}`;
  const homeDir = join(settings.workspacesDir, '.homes', name);
  const workspaceDir = context.workspaceDir ?? '';
  const isContained = driver.kind !== 'process';
  const place: StepPlace = {
    workspace: isContained ? '/workspace' : workspaceDir,
    home: isContained ? '/home/step' : homeDir,
    isContained,
    hostPath: settings.hostPath,
    furtherPath: furtherPath(settings.ownPath, isContained),
    traceparent: childTraceparent(assignment.traceparent, randomBytes(parts.ids)),
  };
  context.homeDir = homeDir;
  context.stage = 'mounted';
  await mkdir(homeDir, { recursive: true, mode: 0o700 });
  await writeFile(join(homeDir, scriptName), commandScript(assignment.commands), { mode: 0o600 });
  await announceCommands(context, isContained);
  context.sandbox = await driver.prepare({
    name,
    image: assignment.image,
    isolation: assignment.isolation,
    network: assignment.network,
    argv: ['/bin/sh', '-e', join(place.home, scriptName)],
    env: stepEnvironment(assignment, place),
    workspaceDir,
    workspaceMount: place.workspace,
    homeDir,
    ...(assignment.streams && { streams: assignment.streams }),
    ...everySandbox(settings),
  });
}

/** What the settings give to every sandbox, whatever runs in it. */
export function everySandbox(settings: ExecutorSettings): SandboxTrial {
  return {
    binds: shownDirectories(settings.hostPath, settings.hostBinds),
    limits: settings.limits,
  };
}

/** Most steps leave nothing in their HOME but the script, which two calls remove. */
export async function removeHome(homeDir: string, settings: ExecutorSettings): Promise<void> {
  await unlink(join(homeDir, scriptName)).catch(() => {});
  const isGone = await rmdir(homeDir).then(
    () => true,
    () => false,
  );
  if (!isGone) await new TreeRemover(join(settings.workspacesDir, '.trash')).remove(homeDir);
}

function pickDriver(context: AttemptContext, parts: SandboxParts): SandboxDriver {
  context.driver = chooseDriver(parts.usable, context.assignment.isolation);
  const { driver: kind } = context.driver;
  const driver = parts.drivers.find((each) => each.kind === kind);
  if (!driver) throw new Fault('sandbox.unavailable', 'never', `there is no driver ${kind}`);
  return driver;
}

/** A step of the process driver is the server's user: whoever reads the log is told. */
const uncontainedWords =
  'this step runs as a plain process, without isolation: it can do what its user can, the server’s token, socket and database included';

async function announceCommands(context: AttemptContext, isContained: boolean): Promise<void> {
  if (!isContained) await context.say(uncontainedWords);
  for (const command of context.assignment.commands) {
    for (const line of commandEcho(command)) await context.say(line);
  }
}

function randomBytes(ids: Ids): Uint8Array {
  return Buffer.from((ids.uuid() + ids.uuid()).replaceAll('-', ''), 'hex').subarray(0, 24);
}
