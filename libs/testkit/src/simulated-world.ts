import { runDecider } from '#libs/domain';
import {
  type DomainEvent,
  defaultTenant,
  type Plan,
  type PlanStep,
  planHash,
  type RecordedEvent,
  streamName,
} from '#libs/events';
import { MemoryHeartbeats } from '../../leases/src/memory-heartbeats.ts';
import { MemoryLeaderLeases } from '../../leases/src/memory-leader-leases.ts';
import { Freezer } from './freezer.ts';
import { type LogProcess, logProcess, SimulatedLog } from './memory-log.ts';
import { namedUuid, planOf, planStep } from './recorded-log.ts';
import { type ExecutorPlan, SimulatedExecutor } from './simulated-executor.ts';
import { VirtualClock } from './virtual-clock.ts';

/** One log, any number of processes and executors, all under one virtual clock. */
export class SimulatedWorld {
  readonly clock = new VirtualClock();
  readonly log = new SimulatedLog(this.clock);
  readonly leases = new MemoryLeaderLeases();
  readonly heartbeats = new MemoryHeartbeats();
  /** Speaks for the API and the executors. */
  readonly front: LogProcess = logProcess(this.log, this.clock);
  readonly executors: SimulatedExecutor[] = [];
  #runs = 0;

  /** The parts of a process of its own, with time that can be stopped. */
  process() {
    const freezer = new Freezer(this.clock);
    const parts = logProcess(this.log, freezer);
    return {
      freezer,
      parts: {
        store: parts.store,
        plans: parts.plans,
        tail: parts.tail,
        runner: freezer.gate(parts.runner),
        leases: freezer.gate(this.leases),
        heartbeats: freezer.gate(this.heartbeats),
        clock: freezer,
        timers: freezer,
        random: () => 0.5,
        shard: 0,
      },
    };
  }

  async executor(name: string, over: Partial<ExecutorPlan> = {}): Promise<SimulatedExecutor> {
    const plan = { id: namedUuid(name), name, slots: 2, prepareMs: 10, runMs: 100, ...over };
    const ports = { heartbeats: this.heartbeats, timers: this.clock };
    const executor = new SimulatedExecutor(plan, this.front, ports);
    this.executors.push(executor);
    await executor.start();
    return executor;
  }

  /** @returns the run's id */
  async startRun(steps: readonly (string | PlanStep)[]): Promise<string> {
    this.#runs += 1;
    const runId = namedUuid(`run ${this.#runs}`);
    const plan: Plan = planOf(
      'p',
      steps.map((step) => (typeof step === 'string' ? planStep(step) : step)),
    );
    const hash = planHash(plan);
    const command = {
      kind: 'start-run',
      runId,
      runNumber: this.#runs,
      pipelineId: namedUuid('pipeline'),
      pipeline: 'p',
      plan,
      planHash: hash,
      trigger: { kind: 'api', actor: 'system' },
      inputs: {},
      source: { kind: 'none' },
      isolation: 'none',
      reusedSteps: [],
    } as const;
    const origin = { tenant: defaultTenant, actor: 'user:admin', correlationId: runId };
    const plans = [{ hash, plan }];
    const answer = await this.front.runner.run(
      runDecider,
      streamName('run', runId),
      command,
      origin,
      { plans },
    );
    if (!answer.ok) throw new Error(answer.rejection.message);
    return runId;
  }

  async cancelRun(runId: string): Promise<void> {
    const command = { kind: 'cancel-run', by: 'user:admin', force: false } as const;
    const origin = { tenant: defaultTenant, actor: 'user:admin', correlationId: runId };
    await this.front.runner.run(runDecider, streamName('run', runId), command, origin);
  }

  /** Everything that is recorded of the type, in order. */
  async recorded<Type extends DomainEvent['type']>(
    type: Type,
  ): Promise<readonly Extract<RecordedEvent, { type: Type }>[]> {
    const whole = { after: 0, limit: 1_000_000, span: Number.MAX_SAFE_INTEGER };
    const { events } = await this.log.scanLog({ ...whole, types: [type] });
    return events as readonly Extract<RecordedEvent, { type: Type }>[];
  }

  /** Lets time pass until as many events of the type are recorded. @throws after `limitMs` */
  async untilRecorded(type: DomainEvent['type'], count: number, limitMs: number): Promise<void> {
    const startMs = this.clock.monotonicMs();
    for (;;) {
      const { length } = await this.recorded(type);
      if (length >= count) return;
      if (this.clock.monotonicMs() - startMs >= limitMs) {
        throw new Error(`${length} of ${count} ${type} within ${limitMs} ms`);
      }
      await this.clock.advance(50);
    }
  }

  /** Ends what still beats and follows. */
  close(): void {
    for (const executor of this.executors) executor.crash();
  }
}
