export { Appender } from './appender.ts';
export { commandLifetimeMs } from './command-lifetime.ts';
export { EndingTail } from './ending-tail.ts';
export type { Append, EventStore, LogHead } from './event-store.ts';
export { InProcessLogSignal } from './in-process-log-signal.ts';
export { StoreLogTail } from './log-tail.ts';
export { MailboxDeciderRunner } from './mailbox-runner.ts';
export { type EventLog, openLog } from './open-log.ts';
export { PgEventStore } from './pg-event-store.ts';
export { PlanCache } from './plan-cache.ts';
export type { PreparedAppend, StagedBatch } from './prepare-append.ts';
export { refuseNewerLog } from './refuse-newer-log.ts';
export type {
  CommandOrigin,
  DeciderRunner,
  LogTail,
  RunnerAnswer,
  StreamDecider,
} from './runner.ts';
