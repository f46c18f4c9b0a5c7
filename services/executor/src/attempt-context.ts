import type { AttemptReport } from '#libs/events';
import type { Assignment, StartedRequest, StopRequest } from '#libs/executor-protocol';
import type { LogWriter } from '#libs/logs';
import type { Sandbox, SandboxProbe } from '#libs/sandbox';
import type { CommitFacts } from '#libs/sources';
import { type StepShell, stepShell } from './step-shell.ts';

/** `prepare`: nothing can be seen from outside yet · `mounted`: sandbox and directories are there · `gone`: nothing is. */
type Stage = 'prepare' | 'mounted' | 'running' | 'unmounting' | 'gone';

/** A sharper wish replaces a milder one, never the other way round. */
const sharpness: Readonly<Record<StopRequest['reason'], number>> = {
  cancelled: 1,
  forced: 2,
  fenced: 3,
};

/**
 * What the phases of one attempt hand on. Work that comes back late asks `isMounted` first; nothing but its attempt keeps
 * a context.
 */
export class AttemptContext {
  readonly assignment: Assignment;
  /** The registration by which the attempt is held: reports go under it. */
  readonly executorId: string;
  stage: Stage = 'prepare';
  log: LogWriter | undefined;
  workspaceDir: string | undefined;
  /** The commit of the files in the workspace; undefined if they come from no repository. */
  commit: CommitFacts | undefined;
  /** Warnings about these files, for the log. */
  warnings: readonly string[] = [];
  /** The step's directory for temporary files, if the driver gives it no /tmp of its own. */
  tmpDir: string | undefined;
  /** The directory with the files of its commands, if there are any. */
  commandsDir: string | undefined;
  shell: StepShell = stepShell('sh', undefined);
  /** A random word in the marks between commands, new for each attempt. */
  markWord = '';
  driver: SandboxProbe | undefined;
  sandbox: Sandbox | undefined;
  /** Whether the start was accepted; asked for while the sandbox is made. */
  announced: Promise<boolean> | undefined;
  /** Whether the sandbox may still run: then the workspace must not be read or removed. */
  isSandboxLeft = false;
  /** The report, as soon as the end is known. Later opening phases are then skipped. */
  report: AttemptReport | undefined;
  /** Called at each sharper request to stop while the command runs. */
  onStop: ((reason: StopRequest['reason']) => void) | undefined;
  readonly #abort = new AbortController();
  readonly #silenced = new AbortController();
  #stopReason: StopRequest['reason'] | undefined;

  constructor(assignment: Assignment, executorId: string) {
    this.assignment = assignment;
    this.executorId = executorId;
  }

  get ref(): StartedRequest {
    const { runId, step, attempt, fence } = this.assignment;
    return { runId, step, attempt, fence };
  }

  get isMounted(): boolean {
    return this.stage === 'mounted' || this.stage === 'running';
  }

  get stopReason(): StopRequest['reason'] | undefined {
    return this.#stopReason;
  }

  /** Aborts the phases before the command. */
  get abort(): AbortSignal {
    return this.#abort.signal;
  }

  /** Aborted if nobody wants a report any more. */
  get silenced(): AbortSignal {
    return this.#silenced.signal;
  }

  /** A request to stop; it may come more than once. */
  stop(reason: StopRequest['reason']): void {
    if (this.#stopReason !== undefined && sharpness[reason] <= sharpness[this.#stopReason]) return;
    this.#stopReason = reason;
    const why = new Error(`the attempt is ${reason}`);
    this.#abort.abort(why);
    if (reason === 'fenced') this.#silenced.abort(why);
    this.onStop?.(reason);
  }

  /** One line of the executor's own in the step's log. A log that cannot be written is no reason to fail. */
  async say(text: string): Promise<void> {
    await this.log?.system(text).catch(() => {});
  }
}
