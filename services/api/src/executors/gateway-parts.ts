import type { DeciderRunner, EventStore, LogTail } from '#libs/event-store';
import type { Clock, Timers } from '#libs/kernel';
import type { Heartbeats } from '#libs/leases';

/** What the gateway is made of; each of its parts takes what it needs. */
export interface GatewayParts {
  readonly runner: DeciderRunner;
  readonly store: EventStore;
  readonly tail: LogTail;
  readonly heartbeats: Heartbeats;
  readonly clock: Clock;
  readonly timers: Timers;
  /** [0, 1), for the jitter of retries. */
  readonly random: () => number;
  /** The bearer token of an executor; not needed in process. */
  readonly tokenOf: (executorId: string) => string;
  /** Whether executors may offer steps as plain processes. */
  readonly allowsProcessDriver: boolean;
}
