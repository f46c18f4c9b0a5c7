import { execFile } from 'node:child_process';
import { access, constants, statfs } from 'node:fs/promises';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import type { Command } from 'commander';
import { makeDirectory, stepLimits } from '#libs/config';
import { machineMemoryBytes, probeSandboxes } from '#libs/sandbox';
import { type CommandContext, contextOf } from '../context.ts';
import { exitCodes } from '../exit-codes.ts';
import { findServer } from '../server-connection.ts';

interface Finding {
  readonly check: string;
  readonly state: 'ok' | 'note' | 'problem';
  readonly detail: string;
}

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
        await checkGit(),
        await checkDataDir(context),
        ...(await checkSandboxes(context)),
        await checkServer(context),
      ];
      for (const finding of findings) {
        if (context.output.isJson) context.output.json(finding);
        else
          context.output.line(`${markOf(finding)} ${finding.check.padEnd(16)} ${finding.detail}`);
      }
      finish(
        findings.some(({ state }) => state === 'problem')
          ? exitCodes.systemError
          : exitCodes.success,
      );
    });
}

function markOf({ state }: Finding): string {
  return { ok: '✓', note: '·', problem: '✗' }[state];
}

async function checkGit(): Promise<Finding> {
  try {
    const { stdout } = await promisify(execFile)('git', ['--version']);
    return { check: 'git', state: 'ok', detail: stdout.trim() };
  } catch {
    return {
      check: 'git',
      state: 'problem',
      detail: 'git is not on the PATH: sources from git and .gitignore need it',
    };
  }
}

async function checkDataDir({ config }: CommandContext): Promise<Finding> {
  const dataDir = resolve(config.dataDir);
  try {
    makeDirectory(dataDir);
    await access(dataDir, constants.W_OK);
    const { bavail, bsize } = await statfs(dataDir);
    const free = bavail * bsize;
    const state = free < config.diskFreeMin ? 'problem' : 'ok';
    return {
      check: 'data directory',
      state,
      detail: `${dataDir}, ${(free / 2 ** 30).toFixed(1)} GiB free`,
    };
  } catch {
    return { check: 'data directory', state: 'problem', detail: `${dataDir} cannot be written` };
  }
}

async function checkSandboxes({ config }: CommandContext): Promise<readonly Finding[]> {
  const stateDir = resolve(config.dataDir, 'executor');
  try {
    makeDirectory(stateDir);
  } catch {
    return [{ check: 'sandboxes', state: 'note', detail: 'not tried: there is nowhere to do it' }];
  }
  const probes = await probeSandboxes({
    stateDir,
    hidden: [resolve(config.dataDir)],
    trial: {
      binds: [...config.hostBinds, ...config.hostPath],
      limits: stepLimits(config, machineMemoryBytes()),
    },
  });
  return probes.map(({ driver, works, isolation, enforces, notes }) => ({
    check: `sandbox ${driver}`,
    // What works without isolation is nothing to be content with.
    state: works && isolation !== 'none' ? 'ok' : 'note',
    detail: `${works ? `works, isolation ${isolation}${enforces.length > 0 ? `, enforces ${enforces.join(', ')}` : ''}` : 'does not work here'}${notes.length > 0 ? `: ${notes.join('; ')}` : ''}`,
  }));
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
