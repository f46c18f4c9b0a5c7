import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { ProblemError } from '#libs/api-client';
import { operations } from '#libs/api-contract';
import { eventually, freshDirectory, type ServerOptions, TestServer } from './harness.ts';

const directory = freshDirectory();
const servers: TestServer[] = [];
const start = async (name: string, options: Partial<ServerOptions> = {}) => {
  const server = await TestServer.start({ dataDir: join(directory.path, name), ...options });
  servers.push(server);
  return server;
};
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
  // The guard of the plain processes cleans up behind a server that was killed, and ends after it.
  await eventually(
    () => processesBelow(directory.path).length === 0 || undefined,
    'nothing is left running',
  );
});
afterAll(() => directory.remove());

function processesBelow(path: string): readonly string[] {
  return execFileSync('ps', ['-eo', 'stat,args'], { encoding: 'utf8' })
    .split('\n')
    .filter((line) => line.includes(path) && !line.startsWith('Z'));
}

/** Waits until the step has printed its first line. */
const hasBegun = (server: TestServer, id: string, step: string) =>
  eventually(async () => (await server.log(id, step)).length > 0 || undefined, `${step} prints`);

describe('a server that went away', { timeout: 120_000 }, () => {
  it('keeps what it had accepted and not begun, and the numbers of runs', async () => {
    const first = await start('queue', { env: { MILLRACE_SLOTS: '1' } });
    const busy = await first.startRun({
      yaml: 'name: busy\nsteps: [{ id: a, cmd: "echo on; sleep 600" }]',
    });
    const waiting = await Promise.all(
      Array.from({ length: 5 }, () =>
        first.startRun({ yaml: 'name: waiting\nsteps: [{ id: a, cmd: "true" }]' }),
      ),
    );
    await hasBegun(first, busy.id, 'a');
    await first.kill();
    const second = await start('queue');
    for (const { id } of waiting) expect((await second.finished(id)).outcome).toBe('success');
    expect((await second.finished(busy.id)).steps[0]?.cause).toBe('worker-lost');
    // What the lost attempt had said is still there.
    expect(await second.log(busy.id, 'a')).toEqual(['on']);
    const numbers = (await second.client.call(operations.listRuns)).items.map(
      ({ number }) => number,
    );
    expect(numbers.toSorted()).toEqual([1, 2, 3, 4, 5, 6]);
    expect((await second.run({ yaml: 'name: next\nsteps: [{ id: a, cmd: "true" }]' })).number).toBe(
      7,
    );
  });

  it('ends well where it is asked to stop, and its runs go on at the next start', async () => {
    const first = await start('stopped');
    const { id } = await first.startRun({
      yaml: `name: interrupted
steps:
  - id: work
    cmd: 'echo attempt $MILLRACE_ATTEMPT; [ $MILLRACE_ATTEMPT -gt 1 ] || sleep 600'
    retry: { max: 2, on: [worker_lost], backoff: 0s }
`,
    });
    await hasBegun(first, id, 'work');
    expect(await first.stop()).toBe(0);
    expect(existsSync(join(first.dataDir, 'server.json'))).toBe(false);
    const second = await start('stopped');
    expect((await second.finished(id)).outcome).toBe('success');
  });
});

describe('a database that dies', { timeout: 120_000 }, () => {
  it('is said to be away while it is, and every run ends all the same', async () => {
    const server = await start('crash');
    const yaml = `name: long
steps:
  - { id: one, cmd: 'echo begun; sleep 1' }
  - { id: two, depends_on: one, cmd: echo two }
`;
    const begun = await server.startRun({ yaml });
    await hasBegun(server, begun.id, 'one');
    const [pid] = readFileSync(join(server.dataDir, 'pg/cluster/postmaster.pid'), 'utf8').split(
      '\n',
    );
    process.kill(Number(pid), 'SIGKILL');
    const refusals: unknown[] = [];
    const patiently = async <Value>(ask: () => Promise<Value>): Promise<Value | undefined> =>
      ask().catch((error: unknown) => {
        refusals.push(error instanceof ProblemError ? error.problem : error);
        return undefined;
      });
    const ended = await eventually(async () => {
      const run = await patiently(() =>
        server.client.call(operations.showRun, { params: { id: begun.id } }),
      );
      return run?.status === 'finished' ? run : undefined;
    }, 'the run ends');
    expect(ended.outcome).toBe('success');
    const later = await eventually(
      () => patiently(() => server.startRun({ yaml })),
      'runs are taken',
    );
    expect((await server.finished(later.id)).outcome).toBe('success');
    for (const refusal of refusals)
      expect(refusal).toMatchObject({
        status: 503,
        code: expect.stringMatching(/^(?:log\.unavailable|postgres\.unreachable)$/),
      });
    expect((await server.request('/readyz')).status).toBe(200);
  });
});
