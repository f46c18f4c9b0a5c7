import { formatDuration, type Timers } from '#libs/kernel';
import type { Sandbox } from '#libs/sandbox';
import type { Logger } from '#libs/telemetry';

/** How often a kill is repeated until the sandbox has ended, in milliseconds. */
const againMs = 1_000;

/** If its end takes longer, the log of the step says what is waited for. In milliseconds. */
const quietMs = 1_000;

/** How a running sandbox is brought to its end: TERM, the grace, KILL; or KILL at once. */
export class SandboxEnding {
  readonly #sandbox: Pick<Sandbox, 'name' | 'terminate' | 'kill'>;
  readonly #timers: Timers;
  readonly #graceMs: number;
  readonly #logger: Logger;
  readonly #say: (text: string) => void;
  #state: 'none' | 'terminating' | 'killing' | 'over' = 'none';
  #cancel: (() => void) | undefined;
  #cancelWords: (() => void) | undefined;

  constructor(
    sandbox: Pick<Sandbox, 'name' | 'terminate' | 'kill'>,
    parts: {
      readonly timers: Timers;
      readonly graceMs: number;
      readonly logger: Logger;
      /** Words for the step's log. */
      readonly say: (text: string) => void;
    },
  ) {
    this.#sandbox = sandbox;
    this.#timers = parts.timers;
    this.#graceMs = parts.graceMs;
    this.#logger = parts.logger;
    this.#say = parts.say;
  }

  /** Sends TERM, and KILL after the grace. A second call does not prolong the grace. */
  gracefully(): void {
    if (this.#state !== 'none') return;
    this.#state = 'terminating';
    this.#cancel = this.#timers.after(this.#graceMs, () => this.atOnce());
    if (this.#graceMs > quietMs) {
      const words = `Millrace waits up to ${formatDuration(this.#graceMs)} for the step’s processes to end, then kills them`;
      this.#cancelWords = this.#timers.after(quietMs, () => this.#say(words));
    }
    this.#sandbox.terminate().catch((error: unknown) => {
      this.#complain(error);
      this.atOnce();
    });
  }

  atOnce(): void {
    if (this.#state === 'over') return;
    this.#state = 'killing';
    this.#cancel?.();
    this.#cancelWords?.();
    this.#cancel = this.#timers.after(againMs, () => this.atOnce());
    this.#sandbox.kill().catch((error: unknown) => this.#complain(error));
  }

  /** The sandbox has ended. */
  over(): void {
    this.#state = 'over';
    this.#cancel?.();
    this.#cancelWords?.();
  }

  #complain(error: unknown): void {
    this.#logger.error(
      { sandbox: this.#sandbox.name, error: String(error) },
      'a sandbox could not be signalled',
    );
  }
}
