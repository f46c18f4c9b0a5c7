/** A line whose end has not come is shown after this much silence: a prompt. */
const quietMs = 200;
/** And after this much time if its stream never rests, as for a progress bar. */
const ageMs = 1_000;

/** Says when the open line of one stream has to be shown. */
export class OpenLineTimer {
  readonly #onDue: () => void;
  #quiet: NodeJS.Timeout | undefined;
  #age: NodeJS.Timeout | undefined;

  constructor(onDue: () => void) {
    this.#onDue = onDue;
  }

  /**
   * Called after every write.
   *
   * @param isOpen    whether bytes wait for their line's end
   * @param isFurther whether some line was cut off since: what waits now is young
   */
  written({ isOpen, isFurther }: { readonly isOpen: boolean; readonly isFurther: boolean }): void {
    if (isFurther || !isOpen) this.stop();
    if (!isOpen) return;
    clearTimeout(this.#quiet);
    this.#quiet = setTimeout(() => this.#due(), quietMs);
    this.#age ??= setTimeout(() => this.#due(), ageMs);
  }

  stop(): void {
    clearTimeout(this.#quiet);
    clearTimeout(this.#age);
    this.#age = undefined;
  }

  #due(): void {
    this.stop();
    this.#onDue();
  }
}
