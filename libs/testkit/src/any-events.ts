import type { DomainEvent, Plan, StreamName } from '#libs/events';
import { planHash, waitReasonSchema } from '#libs/events';
import { namedUuid, planOf, planStep } from './recorded-log.ts';

export interface AnyEvent {
  readonly stream: StreamName;
  readonly event: DomainEvent;
  readonly plans?: readonly { readonly hash: string; readonly plan: Plan }[];
}

const plan = planOf(
  'any',
  ['build', 'test', 'ship'].map((id) => planStep(id)),
);
const plans = [{ hash: planHash(plan), plan }];
const reasons = waitReasonSchema.options;

/**
 * Events of a few runs, executors and pipelines in any order, possible or not: what only reads the log takes all of them.
 * Equal numbers give equal events.
 */
export class AnyEvents {
  #runs = 0;
  #others = 0;
  #seed: number;

  constructor(seed: number) {
    this.#seed = seed >>> 0;
  }

  next(): AnyEvent {
    const kind = this.#below(12);
    if (this.#runs === 0 || kind === 0) return this.#newRun();
    if (kind === 1) return this.#other();
    // The newest runs are busy; old ones hear something now and then.
    const back =
      this.#below(8) === 0 ? this.#below(this.#runs) : this.#below(Math.min(4, this.#runs));
    return { stream: `run-${namedUuid(`run ${this.#runs - back}`)}`, event: this.#runEvent() };
  }

  take(count: number): readonly AnyEvent[] {
    return Array.from({ length: count }, () => this.next());
  }

  #newRun(): AnyEvent {
    this.#runs += 1;
    const data = {
      runNumber: this.#runs,
      pipelineId: namedUuid('pipeline'),
      pipeline: `pipeline-${this.#below(3)}`,
      planHash: plans[0]?.hash ?? '',
      trigger: { kind: 'api', actor: 'user:admin' },
      inputs: { text: 'a\nb "quoted" \\ ü' },
      source: { kind: 'none' },
      isolation: 'none',
    } as const;
    const stream: StreamName = `run-${namedUuid(`run ${this.#runs}`)}`;
    return { stream, event: { type: 'run.queued', data }, plans };
  }

  #runEvent(): DomainEvent {
    const step = ['build', 'test', 'ship'][this.#below(3)] ?? 'build';
    const attempt = 1 + this.#below(3);
    const fence = 1 + this.#below(1_000);
    const executor = namedUuid(`executor ${this.#below(3)}`);
    const notBefore = '2026-01-01T00:00:00.000Z';
    switch (this.#below(11)) {
      case 0:
        return { type: 'run.step-queued', data: { step, attempt, notBefore } };
      case 1:
        return { type: 'run.step-queued', data: { step, attempt } };
      case 2: {
        const reason = reasons[this.#below(reasons.length)] ?? 'slots';
        return { type: 'run.step-wait-changed', data: { step, attempt, reason } };
      }
      case 3:
        return { type: 'run.step-assigned', data: { step, attempt, executor, leaseMs: 20_000 } };
      case 4:
        return { type: 'run.step-started', data: { step, attempt, executor, fence } };
      case 5: {
        const end = { outcome: 'failure', cause: 'exit', exitCode: this.#below(256) } as const;
        const artifacts = [{ name: 'out/ü', size: 1, sha256: 'a'.repeat(64) }];
        return { type: 'run.step-finished', data: { step, attempt, fence, ...end, artifacts } };
      }
      case 6:
        return {
          type: 'run.step-attempt-lost',
          data: { step, attempt, fence, why: 'lease-expired' },
        };
      case 7:
        return {
          type: 'run.step-retry-scheduled',
          data: { step, nextAttempt: attempt, notBefore, rule: 'any' },
        };
      case 8:
        return { type: 'run.step-skipped', data: { step, reason: 'condition' } };
      case 9:
        return { type: 'run.cancel-requested', data: { by: 'user:admin', force: false } };
      default:
        return { type: 'run.finished', data: { outcome: 'failure', failedSteps: [step] } };
    }
  }

  #other(): AnyEvent {
    this.#others += 1;
    const executor: StreamName = `executor-${namedUuid(`executor ${this.#below(3)}`)}`;
    switch (this.#below(4)) {
      case 0: {
        const capabilities = { drivers: ['process'], isolation: 'none' as const };
        const data = { name: 'e', labels: ['a', 'b'], slots: 2, version: '1', capabilities };
        return { stream: executor, event: { type: 'executor.registered', data } };
      }
      case 1:
        return {
          stream: executor,
          event: { type: 'executor.drained', data: { by: 'user:admin' } },
        };
      case 2:
        return { stream: executor, event: { type: 'executor.lost', data: { why: 'silent' } } };
      default: {
        const name = `pipeline-${this.#below(3)}`;
        const sourceHash = 'b'.repeat(64);
        const data = {
          name,
          version: this.#others,
          sourceHash,
          planHash: sourceHash,
          planSchema: 1,
        };
        return {
          stream: `pipeline-${namedUuid(name)}`,
          event: { type: 'pipeline.registered', data },
        };
      }
    }
  }

  /** A linear congruence serves: nothing here is secret. */
  #below(limit: number): number {
    this.#seed = (Math.imul(this.#seed, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((this.#seed / 2 ** 32) * limit);
  }
}
