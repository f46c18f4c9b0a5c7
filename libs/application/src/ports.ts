import type {
  ExecutorDto,
  Page,
  Permissions,
  PipelineDto,
  ProjectionStatusDto,
  QueueItem,
  RunDto,
  RunSummary,
} from '#libs/api-contract';
import type { DeciderRunner, EventStore } from '#libs/event-store';
import type { Origin, Plan, RecordedEvent, TenantId } from '#libs/events';

/** Who asks, and what they may do; the border of each transport decides both. */
export interface Caller {
  /** With a command id if the caller gave an idempotency key. */
  readonly origin: Origin;
  readonly permissions: Permissions;
}

/** What an idempotency key was used for. */
export interface KnownRequest {
  /** False if it was used for something else within the last day. */
  readonly isSame: boolean;
  /** What `rememberAnswer` was told; undefined if it was told nothing. */
  readonly answer: unknown;
}

/** Idempotency keys, over all processes of a server, for a day. @throws Fault `log.unavailable` */
export interface Requests {
  /** Notes what a key is used for. Idempotent. */
  remember(commandId: string, fingerprint: string): Promise<KnownRequest>;
  /** Keeps the first answer; later ones are ignored. */
  rememberAnswer(commandId: string, answer: object): Promise<void>;
  /** Forgets a key that has no answer yet, so that a corrected request may use it. Idempotent. */
  forget(commandId: string): Promise<void>;
}

/** The log as commands use it. @throws Fault of the event store */
export interface CommandLog {
  readonly runner: DeciderRunner;
  readonly readStream: EventStore['readStream'];
  readonly requests: Requests;
  /** A new uuid for a stream. */
  newId(): string;
  /** One sequence per server. A number that is drawn and not used stays a gap. */
  nextRunNumber(): Promise<number>;
  /** The uuid of the run that a command started, as long as commands are remembered. */
  findStartedRun(commandId: string): Promise<string | undefined>;
}

/** Whether the server can take more. */
export interface Capacity {
  isDraining(): boolean;
  /** Free bytes where the state lies, on the fullest file system. */
  freeBytes(): Promise<number>;
  /** Steps that wait for an executor; may be a moment old, and is 0 while the read model that tells is built or has stopped. */
  queuedSteps(): Promise<number>;
  /** Those that are not lost; may be a moment old. None while the read model that tells is built or has stopped. */
  presentExecutors(): Promise<readonly ExecutorDto[]>;
}

/** Plans by hash or name, snapshots by digest. Names and digests are those of one tenant: another's are not found. */
export interface Materials {
  /** @throws Fault `log.unavailable`; BugError if the log has no such plan: what names one is stored with it */
  loadPlan(hash: string): Promise<Plan>;
  /** The newest version of a registered pipeline; sees everything that this process has acknowledged. */
  newestPlan(tenant: TenantId, pipeline: string): Promise<Plan | undefined>;
  /** Whether a snapshot was uploaded. @param digest  `sha256:` and 64 hexadecimal digits */
  hasSnapshot(tenant: TenantId, digest: string): Promise<boolean>;
  /**
   * Stores a snapshot if every entry is acceptable. Idempotent: the same tree has one digest.
   *
   * @throws Fault `source.invalid`, `request.too-large`; nothing is stored then
   */
  storeSnapshot(
    tenant: TenantId,
    tar: AsyncIterable<Uint8Array>,
  ): Promise<{ readonly digest: string; readonly size: number }>;
}

/** Runs as a caller names them, and what is left of finished ones. */
export interface KnownRuns {
  /**
   * The uuid of a tenant's run by uuid, number or `latest`; sees everything that this process has acknowledged. A uuid is
   * looked up in the log.
   *
   * @throws Fault `read-models.not-ready`, `read-models.stopped`, of a number and of `latest`
   */
  findId(tenant: TenantId, ref: string): Promise<string | undefined>;
  /** Whether the executor still keeps the workspace of a finished run. */
  isWorkspaceKept(runId: string): Promise<boolean>;
  /** The runs that repeat a run (of that number), and those that repeat them, the newest first. @throws Fault as `findId` */
  repeatsOf(runId: string, number: number): Promise<readonly RunSummary[]>;
}

/** Which page of a list. A cursor that is not one of the list's throws Fault `request.cursor`. */
export interface PageQuery {
  readonly limit: number;
  readonly cursor?: string | undefined;
}

/** The reads that may have to wait until what they read is new enough. */
export type ModelRead =
  | 'listRuns'
  | 'showRun'
  | 'listQueue'
  | 'listExecutors'
  | 'showExecutor'
  | 'listPipelines'
  | 'listPipelineVersions';

/**
 * What the log tells, in tables. Lists and names are those of one tenant; `showRun` takes a run that was found for its caller.
 *
 * @throws Fault `read-models.not-ready` while one that is asked is built and nothing of it may be shown; `read-models.stopped`
 *   while one that is asked could not take an event
 */
export interface ReadModels {
  /** Waits a moment until a read shows what this process has acknowledged. Never rejects. */
  seeOwnWrites(read: ModelRead): Promise<void>;
  /** @returns false if what a read reads did not reach the position in time; a read that would be refused waits for nothing */
  waitFor(position: number, timeoutMs: number, read: ModelRead): Promise<boolean>;
  listRuns(
    tenant: TenantId,
    query: PageQuery & {
      readonly status?: string | undefined;
      readonly pipeline?: string | undefined;
    },
  ): Promise<Page<RunSummary>>;
  showRun(runId: string): Promise<RunDto | undefined>;
  /** What `showRun` answers when the read models have the run's stream up to the last of these events. Pure. */
  foldRun(plan: Plan, events: readonly RecordedEvent[]): RunDto;
  listQueue(tenant: TenantId, query: PageQuery): Promise<Page<QueueItem>>;
  listExecutors(
    tenant: TenantId,
    query: PageQuery & { readonly all: boolean },
  ): Promise<Page<ExecutorDto>>;
  showExecutor(tenant: TenantId, id: string): Promise<ExecutorDto | undefined>;
  listPipelines(tenant: TenantId, query: PageQuery): Promise<Page<PipelineDto>>;
  listPipelineVersions(
    tenant: TenantId,
    name: string,
    query: PageQuery,
  ): Promise<Page<PipelineDto>>;
  listProjections(): Promise<readonly ProjectionStatusDto[]>;
  /** Resolves when the new tables are read. @throws Fault `request.not-found`, `projection.stopped` */
  rebuild(projection: string): Promise<void>;
  /** Passes over the event that a read model stopped at. @throws Fault `request.not-found`, `projection.not-stopped` */
  skip(projection: string): Promise<void>;
}
