import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type AttemptReport, defaultTenant } from '#libs/events';
import type {
  Assignment,
  AssignmentsResponse,
  ExecutorGateway,
  RegisterRequest,
  StartedRequest,
} from './executor-gateway.ts';

/** What the suite needs of the rest of the product. */
export interface ExecutorGatewayBench {
  readonly gateway: ExecutorGateway;
  readonly uuid: () => string;
  /** Queues a run of one step and hands its first attempt to the executor. */
  assign(executorId: string): Promise<{ readonly runId: string }>;
  cancel(runId: string, force: boolean): Promise<void>;
  /** As the sweeper does with an executor that was silent for too long. */
  declareLost(executorId: string): Promise<void>;
  close(): Promise<void>;
}

const failed: AttemptReport = { outcome: 'failure', cause: 'exit', exitCode: 3 };
const succeeded: AttemptReport = { outcome: 'success', cause: 'exit', exitCode: 0 };

/** What every ExecutorGateway has to do, in process or over a network. */
export function executorGatewayContract(
  name: string,
  open: () => Promise<ExecutorGatewayBench>,
): void {
  describe(`${name} as an ExecutorGateway`, () => {
    let bench: ExecutorGatewayBench;
    let gateway: ExecutorGateway;
    let me: RegisterRequest;
    let position: number;

    beforeEach(async () => {
      bench = await open();
      gateway = bench.gateway;
      me = describeExecutor(bench.uuid());
      position = (await gateway.register(me)).position;
    });
    afterEach(() => bench.close());

    /** Polls until an answer holds a message of this kind; each answer may hold only some of the messages. */
    async function hear<Kind extends 'assignments' | 'ended' | 'stop'>(
      kind: Kind,
    ): Promise<AssignmentsResponse[Kind][number]> {
      for (let tries = 0; tries < 20; tries += 1) {
        const answer = await gateway.assignments(me.executorId, { after: position, waitMs: 5_000 });
        position = answer.position;
        const [first] = answer[kind];
        if (first !== undefined) return first;
      }
      throw new Error(`no ${kind} came`);
    }

    async function receive(): Promise<Assignment> {
      await bench.assign(me.executorId);
      return hear('assignments');
    }

    it('answers a repeated registration the same', async () => {
      const first = await gateway.register(me);
      const second = await gateway.register(me);
      expect({ ...second, position: 0 }).toEqual({ ...first, position: 0 });
      expect(first.heartbeatMs).toBeLessThan(first.selfFenceMs);
      expect(first.selfFenceMs).toBeLessThan(first.leaseMs);
    });

    it('answers an empty poll after the wait, from where it stands', async () => {
      const answer = await gateway.assignments(me.executorId, { after: position, waitMs: 20 });
      expect(answer).toMatchObject({ assignments: [], ended: [], stop: [] });
      expect(answer.position).toBeGreaterThanOrEqual(position);
    });

    it('names the log that it speaks of, in the registration and where it has nothing to say', async () => {
      const { incarnation } = await gateway.register(me);
      const answer = await gateway.assignments(me.executorId, { after: position, waitMs: 20 });
      expect(answer.incarnation).toBe(incarnation);
    });

    it('wakes a poll that waits', async () => {
      const waiting = hear('assignments');
      const { runId } = await bench.assign(me.executorId);
      expect(await waiting).toMatchObject({ runId, attempt: 1 });
    });

    it('ends a poll that is aborted', async () => {
      const abort = new AbortController();
      const poll = gateway.assignments(me.executorId, {
        after: position,
        waitMs: 25_000,
        abort: abort.signal,
      });
      abort.abort();
      expect((await poll).assignments).toEqual([]);
    });

    it('says nothing of what another executor got', async () => {
      const other = describeExecutor(bench.uuid());
      await gateway.register(other);
      // A gateway over HTTP keeps the token of the last registration.
      await gateway.register(me);
      await bench.assign(other.executorId);
      const answer = await gateway.assignments(me.executorId, { after: position, waitMs: 100 });
      expect(answer.assignments).toEqual([]);
    });

    it('accepts a start once and its repetition', async () => {
      const ref = refOf(await receive());
      expect(await gateway.started(me.executorId, ref)).toEqual({ accepted: true });
      expect(await gateway.started(me.executorId, ref)).toEqual({ accepted: true });
    });

    it('refuses another fence, another step and another attempt', async () => {
      const ref = refOf(await receive());
      const wrong: StartedRequest[] = [
        { ...ref, fence: ref.fence + 1_000_000 },
        { ...ref, step: 'another' },
        { ...ref, attempt: ref.attempt + 1 },
      ];
      for (const each of wrong) {
        expect(await gateway.started(me.executorId, each)).toEqual({ accepted: false });
        expect(await gateway.finished(me.executorId, { ...each, report: succeeded })).toEqual({
          accepted: false,
        });
      }
    });

    it('accepts a report, and its repetition', async () => {
      const ref = refOf(await receive());
      await gateway.started(me.executorId, ref);
      const request = { ...ref, report: succeeded };
      expect(await gateway.finished(me.executorId, request)).toEqual({ accepted: true });
      expect(await gateway.finished(me.executorId, request)).toEqual({ accepted: true });
    });

    it.each(['../x', '/etc/passwd', 'a\u001b[2J', 'a\nb'])(
      'refuses a report with an artifact of the name %j, and takes it without',
      async (name) => {
        const ref = refOf(await receive());
        await gateway.started(me.executorId, ref);
        const artifacts = [{ name, size: 0, sha256: '0'.repeat(64) }];
        await expect(
          gateway.finished(me.executorId, { ...ref, report: { ...succeeded, artifacts } }),
        ).rejects.toMatchObject({ code: 'request.invalid', retry: 'never' });
        const answer = await gateway.finished(me.executorId, { ...ref, report: succeeded });
        expect(answer).toEqual({ accepted: true });
      },
    );

    it('accepts the report of an attempt that never started', async () => {
      const report: AttemptReport = { outcome: 'error', cause: 'source-failed', message: 'no' };
      const ref = refOf(await receive());
      expect(await gateway.finished(me.executorId, { ...ref, report })).toEqual({ accepted: true });
    });

    it('says that a run ended, and whether its workspace is kept', async () => {
      for (const [report, keep] of [
        [succeeded, false],
        [failed, true],
      ] as const) {
        const ref = refOf(await receive());
        await gateway.started(me.executorId, ref);
        await gateway.finished(me.executorId, { ...ref, report });
        expect(await hear('ended')).toEqual({ runId: ref.runId, keep });
      }
    });

    it.each([
      [false, 'cancelled'],
      [true, 'forced'],
    ])('stops an attempt of a cancelled run (force %s)', async (force, reason) => {
      const ref = refOf(await receive());
      await gateway.started(me.executorId, ref);
      const waiting = hear('stop');
      await bench.cancel(ref.runId, force);
      expect(await waiting).toEqual({ ...ref, reason });
      const beat = { held: [ref.fence], freeSlots: 0 };
      expect((await gateway.heartbeat(me.executorId, beat)).stop).toEqual([{ ...ref, reason }]);
    });

    it('leaves alone what is held rightly', async () => {
      const ref = refOf(await receive());
      await gateway.started(me.executorId, ref);
      const beat = { held: [ref.fence], freeSlots: 1 };
      expect((await gateway.heartbeat(me.executorId, beat)).stop).toEqual([]);
    });

    it('fences an attempt that is held and no longer theirs', async () => {
      const ref = refOf(await receive());
      await gateway.started(me.executorId, ref);
      const heir = { ...describeExecutor(bench.uuid()), replaces: me.executorId };
      await bench.declareLost(me.executorId);
      await gateway.register(heir);
      const beat = { held: [ref.fence], freeSlots: 1 };
      expect((await gateway.heartbeat(heir.executorId, beat)).stop).toEqual([
        { ...ref, reason: 'fenced' },
      ]);
      expect(await gateway.finished(heir.executorId, { ...ref, report: succeeded })).toEqual({
        accepted: false,
      });
    });

    it.each(['declareLost', 'leave'] as const)('turns away who is gone (%s)', async (how) => {
      const ref = refOf(await receive());
      if (how === 'leave') await gateway.leave(me.executorId);
      else await bench.declareLost(me.executorId);
      const gone = { code: 'executor.gone', retry: 'never' };
      const poll = { after: position, waitMs: 10 };
      const { executorId } = me;
      await expect(gateway.heartbeat(executorId, { held: [], freeSlots: 1 })).rejects.toMatchObject(
        gone,
      );
      await expect(gateway.assignments(executorId, poll)).rejects.toMatchObject(gone);
      await expect(gateway.started(executorId, ref)).rejects.toMatchObject(gone);
      await expect(
        gateway.finished(executorId, { ...ref, report: succeeded }),
      ).rejects.toMatchObject(gone);
      await gateway.leave(executorId);
    });
  });
}

function refOf({ runId, step, attempt, fence }: Assignment): StartedRequest {
  return { runId, step, attempt, fence };
}

export function describeExecutor(executorId: string): RegisterRequest {
  return {
    executorId,
    name: 'contract',
    labels: [],
    slots: 4,
    capabilities: { drivers: ['process'], isolation: 'none' },
    version: '0.0.0',
  };
}

/** An assignment that asks for nothing special. */
export function oneStepAssignment(runId: string): Omit<Assignment, 'fence'> {
  return {
    tenant: defaultTenant,
    runId,
    runNumber: 1,
    pipeline: 'contract',
    step: 'only',
    attempt: 1,
    commands: ['true'],
    env: {},
    timeoutMs: 60_000,
    image: 'host',
    network: 'none',
    isolation: 'none',
    artifacts: [],
    source: { kind: 'none' },
    workspaceOf: runId,
    traceparent: null,
  };
}
