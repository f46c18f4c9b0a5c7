import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { operations, type RunDto } from '#libs/api-contract';
import { leaseTerms } from '#libs/executor-protocol';
import { eventually, freshDirectory, TestServer, workspacesOf } from '../scenarios/harness.ts';

export interface ChaosReport {
  readonly kills: number;
  /** How often it was stopped before it was killed. */
  readonly freezes: number;
  readonly accepted: number;
  readonly attemptsStarted: number;
  readonly ledgerEntries: number;
  /** Everything that does not agree; empty when all is well. */
  readonly violations: readonly string[];
}

/** Beyond the time after which the guard kills what a frozen executor runs , in milliseconds. */
const longFreezeMs = leaseTerms.selfFenceMs + 1_000;

/**
 * Kills the server with -9 again and again while runs go, in half of the rounds after it was frozen, and compares what the
 * steps wrote themselves (the ledger) with what the log says: every accepted run reached its end, each attempt started at
 * most once.
 *
 * @param options.random  [0, 1): when to freeze and to kill; the seed belongs to the caller's words
 */
export async function killServerRepeatedly(options: {
  readonly kills: number;
  readonly runs: number;
  /** Freezes that last longer than a lease of the executor allows; default 0. */
  readonly longFreezes?: number;
  /** Default `process`. */
  readonly sandbox?: 'process' | 'oci';
  readonly random: () => number;
  readonly note: (text: string) => void;
}): Promise<ChaosReport> {
  const directory = freshDirectory();
  const { sandbox = 'process', longFreezes = 0, random } = options;
  // A container sees nothing of the host that it could write to but its workspace, which the run's artifacts bring out.
  const ledger = sandbox === 'process' ? join(directory.path, 'ledger') : 'ledger';
  const dataDir = join(directory.path, 'data');
  const accepted: string[] = [];
  let server = await TestServer.start({ dataDir, sandbox });
  let freezes = 0;
  const freeze = async (ms: number) => {
    freezes += 1;
    options.note(`frozen for ${Math.round(ms)} ms`);
    server.child.kill('SIGSTOP');
    await pause(ms);
    // One in four is killed as it is: nothing of it runs once more.
    if (random() < 0.25) return;
    server.child.kill('SIGCONT');
    await pause(random() * 500);
  };
  try {
    let kills = 0;
    while (kills < options.kills || accepted.length < options.runs) {
      const wanted = Math.min(
        options.runs,
        Math.ceil(((kills + 1) * options.runs) / options.kills),
      );
      const submitting = submit(server, wanted - accepted.length, ledger, accepted);
      await pause(100 + random() * 900);
      if (kills < options.kills) {
        const isLong =
          Math.floor(((kills + 1) * longFreezes) / options.kills) >
          Math.floor((kills * longFreezes) / options.kills);
        const shortMs = random() < 0.5 ? random() * 300 : undefined;
        if (isLong) await freeze(longFreezeMs + random() * 3_000);
        else if (shortMs !== undefined) await freeze(shortMs);
        await server.kill();
        kills += 1;
        await submitting;
        server = await TestServer.start({ dataDir, sandbox });
        options.note(`kill ${kills}: ${accepted.length} runs accepted`);
      } else await submitting;
    }
    const runs = await finishedRuns(server, accepted);
    const lines = sandbox === 'process' ? linesOf(ledger) : await linesOfArtifacts(server, runs);
    const violations = [...(await judge(server, runs, lines))];
    await eventually(
      () => workspacesIn(dataDir).length === 0 || undefined,
      'workspaces are gone',
    ).catch((error: Error) => violations.push(error.message));
    await server.stop();
    // Guards outlive their executor by the moment that they look round.
    await eventually(
      () => leftovers(dataDir).length === 0 || undefined,
      'nothing is left',
      10_000,
    ).catch(() => violations.push(...leftovers(dataDir)));
    return {
      kills,
      freezes,
      accepted: accepted.length,
      attemptsStarted: runs
        .flatMap(({ steps }) => steps)
        .flatMap(({ attempts }) => attempts)
        .filter(({ startedAt }) => startedAt !== null).length,
      ledgerEntries: lines.length,
      violations,
    };
  } finally {
    await server.kill();
    directory.remove();
  }
}

/** What was accepted, and what was recorded although its answer was lost with the server. */
async function finishedRuns(
  server: TestServer,
  accepted: readonly string[],
): Promise<readonly RunDto[]> {
  const runs = new Map<string, RunDto>();
  for (const id of accepted) runs.set(id, await server.finished(id));
  const { items } = await server.client.call(operations.listRuns, { query: { limit: 1000 } });
  for (const { id } of items) if (!runs.has(id)) runs.set(id, await server.finished(id));
  return [...runs.values()];
}

function pause(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}

/** Each step writes one line when it begins and one when it ends; O_APPEND keeps short lines whole. */
export function pipelineText(ledger: string): string {
  const cmd = `echo "begin $MILLRACE_RUN_ID $MILLRACE_STEP $MILLRACE_ATTEMPT $MILLRACE_FENCE" >> ${ledger}; sleep 0.2; echo "end $MILLRACE_RUN_ID $MILLRACE_STEP $MILLRACE_ATTEMPT $MILLRACE_FENCE" >> ${ledger}`;
  const step = (id: string, after: string) =>
    `  - id: ${id}\n    cmd: '${cmd}'\n    depends_on: [${after}]\n    artifacts: [ledger]\n    retry: { max: 10, on: [worker_lost], backoff: 0s }\n`;
  return `name: chaos\nsteps:\n${step('one', '')}${step('two', 'one')}${step('three', 'one')}`;
}

/** Starts runs until the server is gone; only what was answered counts as accepted. */
async function submit(
  server: TestServer,
  count: number,
  ledger: string,
  accepted: string[],
): Promise<void> {
  for (let started = 0; started < count; started += 1) {
    try {
      accepted.push((await server.startRun({ yaml: pipelineText(ledger) })).id);
    } catch {
      return;
    }
  }
}

export function linesOf(ledger: string): readonly string[] {
  return readFileSync(ledger, 'utf8')
    .split('\n')
    .filter((line) => line !== '');
}

/** The steps of a run write to one file; each collects it when it ends, so that the longest has all lines. */
async function linesOfArtifacts(
  server: TestServer,
  runs: readonly RunDto[],
): Promise<readonly string[]> {
  const lines: string[] = [];
  for (const { id } of runs) {
    const texts: string[] = [];
    for (const step of ['one', 'two', 'three']) {
      const answer = await server.client.open(operations.readRunArtifact, {
        params: { id, path: 'ledger' },
        query: { step },
      });
      texts.push(await answer.text());
    }
    const whole = texts.sort((left, right) => left.length - right.length).at(-1) ?? '';
    lines.push(...whole.split('\n').filter((line) => line !== ''));
  }
  return lines;
}

/** What does not agree between the ledger, the runs and the log. */
export async function judge(
  server: TestServer,
  runs: readonly RunDto[],
  lines: readonly string[],
): Promise<readonly string[]> {
  const violations: string[] = [];
  const begun = new Map<string, number>();
  for (const line of lines) {
    const [word, ...attempt] = line.split(' ');
    if (word === 'begin') begun.set(attempt.join(' '), (begun.get(attempt.join(' ')) ?? 0) + 1);
  }
  for (const [attempt, times] of begun)
    if (times > 1) violations.push(`attempt ${attempt} began ${times} times`);
  const started = new Set(
    runs.flatMap((run) =>
      run.steps.flatMap((step) =>
        step.attempts
          .filter(({ startedAt }) => startedAt !== null)
          .map(({ attempt, fence }) => `${run.id} ${step.id} ${attempt} ${fence}`),
      ),
    ),
  );
  for (const attempt of begun.keys())
    if (!started.has(attempt))
      violations.push(`attempt ${attempt} began and the log does not know of its start`);
  for (const run of runs) {
    if (run.outcome !== 'success') violations.push(`run ${run.number} ended as ${run.outcome}`);
    for (const step of run.steps) {
      const ends = step.attempts.filter(({ outcome }) => outcome === 'success');
      if (ends.length !== 1)
        violations.push(`step ${step.id} of run ${run.number} succeeded ${ends.length} times`);
      const last = ends[0];
      if (last && !begun.has(`${run.id} ${step.id} ${last.attempt} ${last.fence}`))
        violations.push(
          `step ${step.id} of run ${run.number} succeeded without a line in the ledger`,
        );
    }
  }
  violations.push(...(await gapsInTheLog(server)));
  return violations;
}

async function gapsInTheLog(server: TestServer): Promise<readonly string[]> {
  let expected = 1;
  for (;;) {
    const { items } = await server.client.call(operations.listEvents, {
      query: { after: expected - 1, limit: 1000 },
    });
    if (items.length === 0) return [];
    for (const { position } of items) {
      if (position !== expected) return [`position ${expected} is missing, ${position} follows`];
      expected += 1;
    }
  }
}

function workspacesIn(dataDir: string): readonly string[] {
  return entriesOf(workspacesOf(dataDir)).filter((name) => !name.startsWith('.'));
}

/** Whatever a step or its sandbox may have left, after the server has stopped. */
function leftovers(dataDir: string): readonly string[] {
  const executor = join(dataDir, 'executor');
  const workspaces = workspacesOf(dataDir);
  const places = ['process/sandboxes', 'oci/sandboxes', 'oci/containers'].map((name) =>
    join(executor, name),
  );
  const kept = new Set(workspacesIn(dataDir));
  const homes = entriesOf(join(workspaces, '.homes')).filter(
    (name) => !kept.has(name.slice(0, name.indexOf('.'))),
  );
  return [
    ...readFileSync('/proc/self/mountinfo', 'utf8')
      .split('\n')
      .filter((line) => line.includes(dataDir) || line.includes(workspaces))
      .map((line) => `a mount is left: ${line}`),
    ...[dataDir, workspaces].flatMap(processesOf).map((line) => `a process is left: ${line}`),
    ...entriesOf(join(workspaces, '.commands')).map((name) => `the commands of ${name} are left`),
    ...homes.map((name) => `the HOME ${name} is left`),
    ...places.flatMap((place) => entriesOf(place).map((name) => `${place}/${name} is left`)),
  ];
}

function processesOf(place: string): readonly string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
        const where = readlinkSync(`/proc/${pid}/cwd`);
        return `${words} ${where}`.includes(place) ? [`${pid} ${words}`] : [];
      } catch {
        return []; // it ended meanwhile
      }
    });
}

function entriesOf(directory: string): readonly string[] {
  return existsSync(directory) ? readdirSync(directory) : [];
}

/** A small seeded generator (mulberry32), so that a failing round can be repeated. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
