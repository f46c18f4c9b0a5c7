import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { operations } from '#libs/api-contract';
import { eventually, freshDirectory, TestServer } from './harness.ts';

const directory = freshDirectory();
afterAll(() => directory.remove());

/** Processes of the machine, those in containers included, with this argument. */
function processesWith(argument: string): readonly string[] {
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && wordsOf(pid).includes(argument);
    } catch {
      return false; // it ended meanwhile
    }
  });
}
const wordsOf = (pid: string) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
const stateOf = (pid: number) => /\) (\S)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1];

/** Steps that sleep for ever at their first attempt, known by the number of seconds. */
function pipelineText(seconds: string): string {
  const cmd = `[ $MILLRACE_ATTEMPT -gt 1 ] || sleep ${seconds}`;
  return `name: frozen
steps:
  - { id: safe, cmd: '${cmd}', retry: { max: 2, on: [worker_lost] } }
  - { id: unsafe, cmd: '${cmd}' }
`;
}

describe.concurrent('a server that is frozen with steps running', { timeout: 180_000 }, () => {
  it.each(['process', 'oci'] as const)(
    'has them killed before anybody else may start them, and goes on when it wakes: %s',
    async (sandbox) => {
      const server = await TestServer.start({ dataDir: join(directory.path, sandbox), sandbox });
      const pid = server.child.pid ?? 0;
      const executorIds = async () => {
        const { items } = await server.client.call(operations.listExecutors, { query: {} });
        return items.map(({ id }) => id);
      };
      const seconds = `${100_000 + pid}.${sandbox === 'oci' ? 1 : 2}`;
      const body = { yaml: pipelineText(seconds), isolation: 'none' } as const;
      const { id } = await server.startRun(body);
      const sleepers = () => processesWith(seconds);
      await eventually(() => sleepers().length === 2 || undefined, 'both steps run');
      const before = await executorIds();
      process.kill(pid, 'SIGSTOP');
      await eventually(() => sleepers().length === 0 || undefined, 'the guard has killed them');
      expect(stateOf(pid)).toBe('T');
      process.kill(pid, 'SIGCONT');

      const run = await server.finished(id);
      expect(
        run.steps.map((step) => [step.id, step.outcome, step.cause, step.attempts.length]),
      ).toEqual([
        ['safe', 'success', 'exit', 2],
        ['unsafe', 'error', 'worker-lost', 1],
      ]);
      const after = await executorIds();
      expect(after).toHaveLength(1);
      expect(before).not.toEqual(after);
      expect(await server.stop()).toBe(0);
    },
  );
});
