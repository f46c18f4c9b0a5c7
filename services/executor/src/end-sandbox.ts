import type { Timers } from '#libs/kernel';
import type { Sandbox } from '#libs/sandbox';
import type { Logger } from '#libs/telemetry';

/** A kill that did not work is tried again this often, until the sandbox has ended. */
const againMs = 1_000;

/** How a running sandbox is brought to its end: TERM, the grace, KILL; or KILL at once. */
export class SandboxEnding {
  readonly #sandbox: Pick<Sandbox, 'name' | 'terminate' | 'kill'>;
  readonly #timers: Timers;
  readonly #graceMs: number;
  readonly #logger: Logger;
  #state: 'none' | 'terminating' | 'killing' | 'over' = 'none';
  #cancel: (() => void) | undefined;

  constructor(
    sandbox: Pick<Sandbox, 'name' | 'terminate' | 'kill'>,
    parts: { readonly timers: Timers; readonly graceMs: number; readonly logger: Logger },
  ) {
    this.#sandbox = sandbox;
    this.#timers = parts.timers;
    this.#graceMs = parts.graceMs;
    this.#logger = parts.logger;
  }

  /** Once; a second wish does not prolong the grace. */
  gracefully(): void {
    if (this.#state !== 'none') return;
    this.#state = 'terminating';
    this.#cancel = this.#timers.after(this.#graceMs, () => this.atOnce());
    this.#sandbox.terminate().catch((error: unknown) => {
      this.#complain(error);
      this.atOnce();
    });
  }

  atOnce(): void {
    if (this.#state === 'over') return;
    this.#state = 'killing';
    this.#cancel?.();
    this.#cancel = this.#timers.after(againMs, () => this.atOnce());
    this.#sandbox.kill().catch((error: unknown) => this.#complain(error));
  }

  /** The sandbox has ended. */
  over(): void {
    this.#state = 'over';
    this.#cancel?.();
  }

  #complain(error: unknown): void {
    this.#logger.error(
      { sandbox: this.#sandbox.name, error: String(error) },
      'a sandbox did not take a signal',
    );
  }
}
