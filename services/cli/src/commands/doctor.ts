import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { access, constants, readdir, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { Command } from 'commander';
import { allowsProcessDriver, type Config, programPath, stepLimits } from '#libs/config';
import {
  foreseeClaim,
  foreseeDatabase,
  foreseeWorkspaces,
  hiddenFromSteps,
  userState,
  type WorkspacesPlace,
  workspacesTrash,
} from '#libs/data-dir';
import { describeError, Fault, formatBytes } from '#libs/kernel';
import {
  type DriverSettings,
  everySandbox,
  isChosen,
  machineMemoryBytes,
  probeSandboxes,
  requireUsable,
  type TriedDriver,
} from '#libs/sandbox';
import { checkGit, type ProgramPaths } from '../check-git.ts';
import { type CommandContext, contextOf } from '../context.ts';
import { exitCodes } from '../exit-codes.ts';
import type { Finding } from '../finding.ts';
import { pasteable } from '../invocation.ts';
import { serverEnvironment } from '../local-server.ts';
import type { Output } from '../output.ts';
import { sandboxCure } from '../sandbox-cures.ts';
import { findServer } from '../server-connection.ts';
import { isServed } from '../use-server.ts';

export function addDoctor(program: Command, finish: (exitCode: number) => void): void {
  program
    .command('doctor')
    .summary('say what works here, and what is missing')
    .action(async (_options, command: Command) => {
      const context = contextOf(command);
      const findings = [
        {
          check: 'node',
          state: 'ok' as const,
          detail: `${process.versions.node} (${process.execPath})`,
        },
        await checkGit(programPaths(context)),
        ...(await checkDataDir(context)),
      ];
      for (const finding of findings) {
        if (context.output.isJson) context.output.json(finding);
        else printFinding(finding, context.output);
      }
      finish(
        findings.some(({ state }) => state === 'problem')
          ? exitCodes.systemError
          : exitCodes.success,
      );
    });
}

function printFinding(finding: Finding, output: Output): void {
  output.line(`${markOf(finding)} ${finding.check.padEnd(16)} ${finding.detail}`);
  if (finding.cure !== undefined)
    output.line(`${' '.repeat(19)}→ ${pasteable(finding.cure, output.invocation)}`);
}

function markOf({ state }: Finding): string {
  return { ok: '✓', note: '·', problem: '✗' }[state];
}

function programPaths({ settings }: CommandContext): ProgramPaths {
  return { server: programPath(serverEnvironment(settings)), command: programPath() };
}

/** Also checks what lies in the data directory, unless it came from elsewhere: then nothing in it is looked at. Nothing is made. */
async function checkDataDir(context: CommandContext): Promise<readonly Finding[]> {
  const dataDir = resolve(context.config.dataDir);
  try {
    foreseeClaim(dataDir);
  } catch (error) {
    if (error instanceof Fault) return [problem('data directory', error)];
  }
  return [
    await checkRoom(context, dataDir),
    ...(await checkDatabase(context, dataDir)),
    ...(await checkSandboxes(context)),
    await checkServer(context),
  ];
}

async function checkRoom({ config }: CommandContext, dataDir: string): Promise<Finding> {
  const check = 'data directory';
  let nearest = dataDir;
  while (!existsSync(nearest)) nearest = dirname(nearest);
  const name = nearest === dataDir ? dataDir : `${dataDir} (not there yet)`;
  try {
    await access(nearest, constants.W_OK);
    const { bavail, bsize } = await statfs(nearest);
    const free = bavail * bsize;
    const detail = `${name}, ${formatBytes(free)} free`;
    if (free >= config.diskFreeMin) return { check, state: 'ok', detail };
    const cure = `free some room, or take another --data-dir: it needs ${formatBytes(config.diskFreeMin)} (disk_free_min)`;
    return { check, state: 'problem', detail, cure };
  } catch {
    const { hint } = describeError('data-dir.not-writable');
    return { check, state: 'problem', detail: `${name} cannot be written`, cure: hint };
  }
}

/** A running server has its database already, whatever is asked for now. */
async function checkDatabase(
  { config }: CommandContext,
  dataDir: string,
): Promise<readonly Finding[]> {
  if (await isServed(config)) return [];
  const check = 'database';
  try {
    const change = foreseeDatabase(dataDir, config.db);
    return change === undefined ? [] : [{ check, state: 'note', detail: change }];
  } catch (error) {
    return [problem(check, error)];
  }
}

/** Tries the sandbox drivers as the server does: a reason for which it would not start is a problem. */
async function checkSandboxes({ config }: CommandContext): Promise<readonly Finding[]> {
  const dataDir = resolve(config.dataDir);
  let workspaces: WorkspacesPlace;
  try {
    workspaces = foreseeWorkspaces({ dataDir, ...userState() });
  } catch (error) {
    return [problem('workspaces', error)];
  }
  const place = trialPlace(dataDir);
  let tried: readonly TriedDriver[];
  try {
    tried = await probeSandboxes({
      stateDir: place.path,
      hidden: [...hiddenFromSteps(dataDir, workspaces), ...(await socketDirectories(config))],
      trial: everySandbox({ ...config, limits: stepLimits(config, machineMemoryBytes()) }),
    });
  } finally {
    place.remove();
  }
  const settings = { sandbox: config.sandbox, allowsProcessDriver: allowsProcessDriver(config) };
  return [
    await checkWorkspaces(workspaces),
    ...tried.map((driver) => findingOf(driver, settings)),
    ...whyNone(tried, settings),
  ];
}

/** The state directory of the sandboxes; if no server has run, a temporary one: the data directory stays as it is. */
function trialPlace(dataDir: string): { readonly path: string; remove(): void } {
  const executor = join(dataDir, 'executor');
  if (existsSync(executor)) return { path: executor, remove: () => {} };
  const path = mkdtempSync(join(tmpdir(), 'millrace-doctor-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** About the embedded database, if it is used. No other command needs its client. */
async function socketDirectories({ db, dataDir }: Config): Promise<readonly string[]> {
  if (db !== undefined) return [];
  const { foreseeSocketDirectories } = await import('#libs/postgres');
  return foreseeSocketDirectories(dataDir);
}

/** Files of steps that could not be removed stop nothing, but take room until somebody with the right to it removes them. */
async function checkWorkspaces({ directory }: WorkspacesPlace): Promise<Finding> {
  const check = 'workspaces';
  const trash = join(directory, workspacesTrash);
  const left = await readdir(trash).catch(() => []);
  if (left.length === 0) return { check, state: 'ok', detail: dirname(directory) };
  const what = left.length === 1 ? 'one directory' : `${left.length} directories`;
  return {
    check,
    state: 'note',
    detail: `${dirname(directory)}; ${what} in ${trash} could not be removed yet: the server tries again from time to time, and says why in its log`,
  };
}

function findingOf(tried: TriedDriver, settings: DriverSettings): Finding {
  const { driver, works, isolation, enforces, notes } = tried;
  const check = `sandbox ${driver}`;
  const why = notes.length > 0 ? `: ${notes.join('; ')}` : '';
  const cure = sandboxCure(tried.lacks ?? []);
  if (!isChosen(driver, settings))
    return { check, state: 'note', detail: `not used: the setting sandbox is ${settings.sandbox}` };
  if (tried.isRefused)
    return {
      check,
      state: 'problem',
      detail: `refused${why}`,
      cure: 'name other directories in host_binds',
    };
  if (!works) return { check, state: 'note', detail: `does not work here${why}`, cure };
  if (driver === 'process' && !settings.allowsProcessDriver)
    return { check, state: 'note', detail: `not used: the server listens beyond loopback${why}` };
  const limits = enforces.length > 0 ? `, enforces ${enforces.join(', ')}` : '';
  return {
    check,
    // A driver without isolation is worth a note.
    state: isolation === 'none' ? 'note' : 'ok',
    detail: `works, isolation ${isolation}${limits}${why}`,
    cure,
  };
}

/** What is wrong if the server would find no driver to work with. */
function whyNone(tried: readonly TriedDriver[], settings: DriverSettings): readonly Finding[] {
  const chosen = tried.filter(({ driver }) => isChosen(driver, settings));
  if (chosen.some(({ isRefused }) => isRefused)) return [];
  try {
    requireUsable(chosen, settings);
    return [];
  } catch (error) {
    return [problem('sandboxes', error)];
  }
}

function problem(check: string, error: unknown): Finding {
  const hasHint = error instanceof Fault && error.code !== 'sandbox.unavailable';
  // The usual hint of this error sends people to `doctor`.
  const cure = hasHint ? describeError(error.code).hint : undefined;
  return { check, state: 'problem', detail: `refused: ${(error as Error).message}`, cure };
}

async function checkServer({ config }: CommandContext): Promise<Finding> {
  const server = await findServer(config.dataDir);
  return {
    check: 'server',
    state: server ? 'ok' : 'note',
    detail: server
      ? `${server.url}, pid ${server.pid}, version ${server.version}`
      : 'none runs in this data directory',
  };
}
