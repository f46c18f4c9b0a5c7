import type {
  ExecutorDto,
  ExecutorGateway,
  Page,
  PipelineDto,
  ProjectionStatusDto,
  QueueItem,
  RunDto,
  RunSummary,
  ServerState,
  StopServerHow,
} from '#libs/api-contract';
import type { Application, Capacity, KnownRuns } from '#libs/application';
import type { BlobStore } from '#libs/blobs';
import type { Config } from '#libs/config';
import type { EventStore, LogTail } from '#libs/event-store';
import type { Plan } from '#libs/events';
import type { Clock, Ids } from '#libs/kernel';
import type { LogStore } from '#libs/logs';
import type { Logger } from '#libs/telemetry';
import type { VerifyToken } from './http/authentication.ts';
import type { RunHistories } from './runs/run-histories.ts';

export interface PageQuery {
  readonly limit: number;
  readonly cursor?: string | undefined;
}

/** What the API reads; adapters over the read models. Cursors that are not theirs throw Fault `request.cursor`. */
export interface ReadSide {
  /** False while a read model is built of which nothing may be shown: then all that follows throws `read-models.not-ready`. */
  isReady(): boolean;
  listRuns(
    query: PageQuery & {
      readonly status?: string | undefined;
      readonly pipeline?: string | undefined;
    },
  ): Promise<Page<RunSummary>>;
  /** Runs that have not finished. */
  unfinishedRuns(): Promise<number>;
  /** The uuid of a run by uuid, number or `latest`. */
  findRunId(ref: string): Promise<string | undefined>;
  showRun(runId: string): Promise<RunDto | undefined>;
  /** The runs that repeat a run (of that number), and those that repeat them, the newest first. */
  repeatsOf(runId: string, number: number): Promise<readonly RunSummary[]>;
  listQueue(query: PageQuery): Promise<Page<QueueItem>>;
  /** For admission and metrics. */
  queuedSteps(): Promise<number>;
  /** Those that are not lost: for admission. */
  presentExecutors(): Promise<readonly ExecutorDto[]>;
  listExecutors(query: PageQuery & { readonly all: boolean }): Promise<Page<ExecutorDto>>;
  showExecutor(id: string): Promise<ExecutorDto | undefined>;
  listPipelines(query: PageQuery): Promise<Page<PipelineDto>>;
  listPipelineVersions(name: string, query: PageQuery): Promise<Page<PipelineDto>>;
  listProjections(): Promise<readonly ProjectionStatusDto[]>;
  /** @returns false where the read models did not reach the position in time */
  waitFor(position: number, timeoutMs: number): Promise<boolean>;
  /** @throws Fault `request.not-found` */
  rebuild(projection: string): Promise<void>;
}

/** The process behind the API, for whoever may end it. */
export interface ServerControl {
  state(): Promise<ServerState>;
  /** Begins to assign and to run, where this process does that. Idempotent; resolves when steps can run. */
  work(): Promise<void>;
  /** Returns at once. @returns false where it was to end only if idle, and is not */
  stop(how: StopServerHow): boolean;
}

/** Everything that the API is made of; the composition hands it in, nothing is looked up. */
export interface ApiParts {
  readonly version: string;
  readonly config: Config;
  readonly store: EventStore;
  /** Over the store. */
  readonly histories: RunHistories;
  readonly tail: LogTail;
  readonly read: ReadSide;
  readonly logs: LogStore;
  readonly blobs: BlobStore;
  readonly gateway: ExecutorGateway;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly application: Application;
  readonly runs: Pick<KnownRuns, 'findId'>;
  readonly capacity: Capacity;
  readonly logger: Logger;
  readonly verifyToken: VerifyToken;
  /** The bearer token of an executor on another machine. */
  executorToken(executorId: string): string;
  /** Plans by hash, cached. */
  findPlan(hash: string): Promise<Plan | undefined>;
  /** Prometheus text. */
  metricsText(): Promise<string>;
  isDraining(): boolean;
  readonly control: ServerControl;
}

/** The token under which the parts are injected. */
export const API_PARTS = Symbol('API_PARTS');
