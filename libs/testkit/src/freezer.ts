import type { Clock, Timers } from '#libs/kernel';

/** The time of one simulated process, which can be stopped as by SIGSTOP, and for good as by SIGKILL. */
export class Freezer implements Clock, Timers {
  readonly #clock: Clock & Timers;
  #late: (() => void)[] = [];
  isFrozen = false;

  constructor(clock: Clock & Timers) {
    this.#clock = clock;
  }

  nowMs(): number {
    return this.#clock.nowMs();
  }

  monotonicMs(): number {
    return this.#clock.monotonicMs();
  }

  after(delayMs: number, callback: () => void): () => void {
    let isCancelled = false;
    const run = () => {
      if (isCancelled) return;
      if (this.isFrozen) this.#late.push(run);
      else callback();
    };
    const cancel = this.#clock.after(delayMs, run);
    return () => {
      isCancelled = true;
      cancel();
    };
  }

  /** What came due meanwhile runs at once. */
  thaw(): void {
    this.isFrozen = false;
    const late = this.#late;
    this.#late = [];
    for (const run of late) run();
  }

  /** The same object, whose methods answer only while the process is not stopped. */
  gate<Port extends object>(port: Port): Port {
    return new Proxy(port, {
      get: (target, name) => {
        const member = Reflect.get(target, name, target);
        if (typeof member !== 'function') return member;
        return (...args: unknown[]) => {
          const answer = this.isFrozen
            ? this.#thawed().then(() => member.apply(target, args))
            : member.apply(target, args);
          return answer instanceof Promise ? answer.finally(() => this.#thawed()) : answer;
        };
      },
    });
  }

  async #thawed(): Promise<void> {
    if (!this.isFrozen) return;
    await new Promise<void>((resolve) => this.#late.push(resolve));
  }
}
