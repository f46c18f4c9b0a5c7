import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { ProblemError } from '#libs/api-client';
import { operations, type RunDto } from '#libs/api-contract';
import { Fault } from '#libs/kernel';
import { ChaosProxy, startTestPostgres, type TestDatabase } from '#libs/testkit';
import { eventually, freshDirectory, TestServer } from '../scenarios/harness.ts';
import { judge, linesOf, pipelineText } from './kill-server.ts';

export interface FreezeReport {
  readonly freezes: readonly string[];
  readonly accepted: number;
  /** How reads were answered while nothing moved, by status. */
  readonly readsWhileFrozen: Readonly<Record<string, number>>;
  /** Everything that does not agree; empty when all is well. */
  readonly violations: readonly string[];
}

/** What is done to the connections; each ends with a database that can be reached. */
const kinds: Record<
  string,
  (proxy: ChaosProxy, sleep: () => Promise<unknown>) => Promise<unknown>
> = {
  // As where a firewall forgets what it knew: new connections work.
  'the connections that there are': async (proxy) => {
    proxy.freeze();
  },
  'everything, then it goes on': async (proxy, sleep) => {
    proxy.freeze({ alsoNew: true });
    await sleep();
    proxy.thaw();
  },
  // What was asked has been done, and nobody is told.
  'the answers, then a cut': async (proxy, sleep) => {
    proxy.freeze({ only: 'down', alsoNew: true });
    await sleep();
    proxy.cut();
    proxy.thaw();
  },
  'everything, then a cut': async (proxy, sleep) => {
    proxy.freeze({ alsoNew: true });
    await sleep();
    proxy.cut();
    proxy.thaw();
  },
};

/**
 * Freezes the database's connections again and again, without a word, while runs go: every run that was asked for under one key is
 * there once and reaches its end, each attempt starts at most once, and reads are answered, be it by an error.
 *
 * @param options.random  [0, 1): how long each freeze lasts
 */
export async function freezeDatabaseRepeatedly(options: {
  readonly freezes: number;
  readonly runs: number;
  readonly random: () => number;
  readonly note: (text: string) => void;
}): Promise<FreezeReport> {
  const directory = freshDirectory();
  const database = await (await startTestPostgres()).freshDatabase();
  const proxy = await ChaosProxy.start(socketOf(database));
  const ledger = join(directory.path, 'ledger');
  const server = await TestServer.start({
    dataDir: join(directory.path, 'data'),
    args: ['--db', database.url({ host: '127.0.0.1', port: proxy.port })],
  });
  try {
    const accepted: string[] = [];
    const freezes: string[] = [];
    const readsWhileFrozen: Record<string, number> = {};
    const names = Object.keys(kinds);
    for (let round = 0; round < options.freezes; round += 1) {
      const wanted = Math.ceil(((round + 1) * options.runs) / options.freezes);
      const submitting = submit(server, wanted - accepted.length, ledger);
      await sleep(200 + options.random() * 800);
      const name = names[round % names.length] ?? '';
      const frozenMs = 1_000 + options.random() * 9_000;
      const reading = read(server);
      await kinds[name]?.(proxy, () => sleep(frozenMs));
      const status = await reading;
      readsWhileFrozen[status] = (readsWhileFrozen[status] ?? 0) + 1;
      accepted.push(...(await submitting));
      freezes.push(name);
      options.note(`freeze ${round + 1} (${name}): ${accepted.length} runs accepted`);
    }
    const runs: RunDto[] = [];
    for (const id of accepted) runs.push(await finished(server, id));
    const violations = [...(await judge(server, runs, linesOf(ledger)))];
    violations.push(...(await doubled(server, accepted)));
    await readModelsAreUpToDate(server).catch((error: Error) => violations.push(error.message));
    return { freezes, accepted: accepted.length, readsWhileFrozen, violations };
  } finally {
    proxy.thaw();
    await server.stop();
    await proxy.close();
    await database.close();
    directory.remove();
  }
}

function socketOf(database: TestDatabase): { readonly path: string } {
  const { host, port } = database.poolConfig();
  return { path: `${host}/.s.PGSQL.${port}` };
}

const sleep = (ms: number) => new Promise((done) => setTimeout(done, ms));

/** Asks for runs until each is accepted: whoever repeats himself under one key starts nothing twice. */
async function submit(
  server: TestServer,
  count: number,
  ledger: string,
): Promise<readonly string[]> {
  const accepted: string[] = [];
  for (let started = 0; started < count; started += 1) {
    const idempotencyKey = randomUUID();
    const body = { yaml: pipelineText(ledger), isolation: 'none' } as const;
    const ask = () => server.client.call(operations.startRun, { body, idempotencyKey });
    accepted.push((await patiently(ask, 'a run is accepted')).id);
  }
  return accepted;
}

/** @throws what is no sign of a database that is away */
async function patiently<Answer>(ask: () => Promise<Answer>, what: string): Promise<Answer> {
  return eventually(
    async () => {
      try {
        return await ask();
      } catch (error) {
        const isAway = error instanceof ProblemError && error.problem.status === 503;
        if (isAway || (error instanceof Fault && error.retry === 'backoff')) return undefined;
        throw error;
      }
    },
    what,
    120_000,
  );
}

async function read(server: TestServer): Promise<string> {
  await sleep(100);
  return String((await server.request('/api/v1/runs')).status);
}

function finished(server: TestServer, id: string): Promise<RunDto> {
  return patiently(async () => {
    const run = await server.client.call(operations.showRun, { params: { id } });
    if (run.status !== 'finished') throw new Fault('run.not-finished', 'backoff', id);
    return run;
  }, `run ${id} has finished`);
}

async function doubled(
  server: TestServer,
  accepted: readonly string[],
): Promise<readonly string[]> {
  const { items } = await server.client.call(operations.listRuns, { query: { limit: 1_000 } });
  const wanted = new Set(accepted);
  return [
    ...(wanted.size === accepted.length ? [] : ['one run answers to two keys']),
    ...items
      .filter(({ id }) => !wanted.has(id))
      .map(({ number }) => `nobody was told of run ${number}`),
  ];
}

async function readModelsAreUpToDate(server: TestServer): Promise<void> {
  await eventually(async () => {
    const { items } = await server.client.call(operations.listProjections);
    return items.every(({ lag, rebuilding }) => lag === 0 && !rebuilding) || undefined;
  }, 'the read models are up to date');
}
