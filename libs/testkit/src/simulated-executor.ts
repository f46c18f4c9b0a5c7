import { executorDecider, type RegisterExecutor, type RunCommand, runDecider } from '#libs/domain';
import {
  type AttemptReport,
  defaultTenant,
  type ExecutorDescription,
  type RecordedEvent,
  streamName,
} from '#libs/events';
import { Fault, type Timers } from '#libs/kernel';
import type { Heartbeats } from '#libs/leases';
import type { LogProcess } from './memory-log.ts';

type Assigned = Extract<RecordedEvent, { type: 'run.step-assigned' }>;

export interface ExecutorPlan {
  readonly id: string;
  readonly name: string;
  readonly slots: number;
  readonly labels?: readonly string[];
  /** From the assignment to the start, and from there to the end. */
  readonly prepareMs: number;
  readonly runMs: number;
  /** How the attempt ends. */
  readonly report?: () => AttemptReport;
  /** Told before a command is run: the ledger of the effects. */
  readonly onEffect?: (run: string, step: string, attempt: number) => void;
}

/** An executor reduced to what the log sees of it: registers, beats, starts and finishes what it is assigned. */
export class SimulatedExecutor {
  readonly plan: ExecutorPlan;
  readonly #process: LogProcess;
  readonly #heartbeats: Heartbeats;
  readonly #timers: Timers;
  readonly #stop = new AbortController();
  /** False while it does not start what it is given, though it beats. */
  isWorking = true;
  busy = 0;
  busiest = 0;

  constructor(
    plan: ExecutorPlan,
    process: LogProcess,
    ports: { heartbeats: Heartbeats; timers: Timers },
  ) {
    this.plan = plan;
    this.#process = process;
    this.#heartbeats = ports.heartbeats;
    this.#timers = ports.timers;
  }

  get isAlive(): boolean {
    return !this.#stop.signal.aborted;
  }

  async start(): Promise<void> {
    const { id, name, slots, labels = [] } = this.plan;
    const capabilities: ExecutorDescription['capabilities'] = {
      drivers: ['process'],
      isolation: 'none',
    };
    const command: RegisterExecutor = {
      kind: 'register-executor',
      name,
      slots,
      labels: [...labels],
      capabilities,
      version: '1',
    };
    const origin = { tenant: defaultTenant, actor: `executor:${id}` };
    const answer = await this.#process.runner.run(
      executorDecider,
      streamName('executor', id),
      command,
      origin,
    );
    if (!answer.ok) throw new Error(answer.rejection.message);
    void this.#beat();
    void this.#follow(answer.position);
  }

  /** As by SIGKILL: nothing more is heard of it. */
  crash(): void {
    this.#stop.abort();
  }

  /** Says good-bye; `replaced` stands for a successor that says it in its stead. */
  async leave(why: 'left' | 'replaced'): Promise<void> {
    this.crash();
    const origin = { tenant: defaultTenant, actor: `executor:${this.plan.id}` };
    const stream = streamName('executor', this.plan.id);
    await this.#process.runner.run(executorDecider, stream, { kind: 'lose-executor', why }, origin);
  }

  async #beat(): Promise<void> {
    while (this.isAlive) {
      await this.#heartbeats.beat(this.plan.id, Math.max(0, this.plan.slots - this.busy));
      await this.#wait(5_000);
    }
  }

  async #follow(after: number): Promise<void> {
    for await (const batch of this.#process.tail.follow(after, { abort: this.#stop.signal })) {
      for (const event of batch) {
        if (event.type !== 'run.step-assigned' || event.data.executor !== this.plan.id) continue;
        if (this.isWorking) void this.#attempt(event);
      }
    }
  }

  async #attempt(event: Assigned): Promise<void> {
    const { id: executor, prepareMs, runMs, report, onEffect } = this.plan;
    const { step, attempt } = event.data;
    const ref = { step, attempt, fence: event.position };
    this.busy += 1;
    this.busiest = Math.max(this.busiest, this.busy);
    await this.#wait(prepareMs);
    if (await this.#say(event, { kind: 'start-attempt', executor, ...ref })) {
      onEffect?.(event.stream, step, attempt);
      await this.#wait(runMs);
      const end = report?.() ?? { outcome: 'success', cause: 'exit', exitCode: 0 };
      const now = { nowMs: Date.parse(event.time) + prepareMs + runMs, random: 0.5 };
      await this.#say(event, { kind: 'finish-attempt', executor, ...ref, report: end, ...now });
    }
    this.busy -= 1;
  }

  /** Repeats itself until it is answered. @returns whether it was accepted, by a living executor */
  async #say(about: Assigned, command: RunCommand): Promise<boolean> {
    const origin = { tenant: defaultTenant, actor: `executor:${this.plan.id}` };
    while (this.isAlive) {
      try {
        const answer = await this.#process.runner.run(runDecider, about.stream, command, origin);
        return answer.ok && this.isAlive;
      } catch (error) {
        if (!(error instanceof Fault)) throw error;
        await this.#wait(1_000);
      }
    }
    return false;
  }

  #wait(delayMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#timers.after(delayMs, resolve);
    return promise;
  }
}
