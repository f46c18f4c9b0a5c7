import { randomBytes } from 'node:crypto';
import { type DomainEvent, defaultTenant, type Origin } from '#libs/events';
import { type Clock, type Ids, type Timers, uuidv7 } from '#libs/kernel';

export const clock: Clock = { nowMs: Date.now, monotonicMs: () => performance.now() };
export const timers: Timers = {
  after: (delayMs, callback) => {
    const timer = setTimeout(callback, delayMs);
    return () => clearTimeout(timer);
  },
};

let random = randomBytes(0);
/** Asking the kernel for ten bytes each time would cost more than the append. */
export function freshUuid(): string {
  if (random.length < 10) random = randomBytes(10_000);
  const id = uuidv7(Date.now(), random);
  random = random.subarray(10);
  return id;
}
export const ids: Ids = { uuid: freshUuid };
const executor = freshUuid();

/** As an executor's report has it: all columns filled but the command id. */
export const originOf = (run: string): Origin => ({
  tenant: defaultTenant,
  actor: `executor:${executor}`,
  correlationId: run,
  causationId: '0-12345678',
  traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',
});

const life: readonly DomainEvent[] = [
  { type: 'run.step-queued', data: { step: 'unit-tests', attempt: 1 } },
  {
    type: 'run.step-assigned',
    data: { step: 'unit-tests', attempt: 1, executor, leaseMs: 20_000 },
  },
  {
    type: 'run.step-started',
    data: { step: 'unit-tests', attempt: 1, executor, fence: 12_345_678 },
  },
  {
    type: 'run.step-finished',
    data: {
      step: 'unit-tests',
      attempt: 1,
      fence: 12_345_678,
      outcome: 'success',
      cause: 'exit',
      exitCode: 0,
      usage: { wallMs: 1234, cpuUserMs: 1000, cpuSystemMs: 20, memoryPeakBytes: 123_456_789 },
      log: { bytes: 4321, lines: 50, digest: `sha256:${'a'.repeat(64)}`, truncated: false },
      enforced: ['memory', 'pids', 'cpu'],
      driver: 'oci',
    },
  },
  { type: 'run.finished', data: { outcome: 'success', failedSteps: [] } },
];

let nextEvent = 0;
/** The events in a step's life, one after the other. */
export function eventsOf(count: number): readonly DomainEvent[] {
  return Array.from({ length: count }, () => {
    nextEvent = (nextEvent + 1) % life.length;
    return life[nextEvent] as DomainEvent;
  });
}
