import type pg from 'pg';

/** How often it is looked whether something was heard. */
const lookEveryMs = 1_000;

/**
 * Ends a connection that was asked something and stays silent: frozen without a word, as where a machine, a proxy or a
 * firewall on the way lost it. Nothing else would: TCP acknowledges into a frozen peer's buffers, and a packet that is lost
 * is sent again for minutes. What waits for an answer fails as on any broken connection, and the pool makes a new one.
 *
 * Silence is counted in looks, not in time that has passed: a process that was itself stopped for long looks once when
 * it goes on, finds the answers that came meanwhile, and breaks nothing.
 */
export class SilenceWatch {
  readonly #looksMax: number;
  readonly #onSilence: () => void;
  #asked = false;
  #heard = false;
  #silentLooks = 0;
  #looking: NodeJS.Timeout | undefined;

  /** @param silentMs  how long an answer may take; rounded up to whole seconds, and up to one more */
  constructor(silentMs: number, onSilence: () => void) {
    this.#looksMax = Math.ceil(silentMs / lookEveryMs) + 1;
    this.#onSilence = onSilence;
  }

  /**
   * Watches what a client asks from now on. It is connected already.
   *
   * `connection.stream` is a private part of pg, whose documented interface does not tell when bytes arrive. Tried with pg 8.23.1;
   * `test/chaos/freeze-database.spec.ts` fails with a version that has no such part.
   */
  static over(client: pg.Client, silentMs: number, onSilence: () => void): void {
    const { connection } = client as unknown as { connection: { stream: NodeJS.ReadWriteStream } };
    const stream = connection.stream as NodeJS.ReadWriteStream & { destroy(error: Error): void };
    const watch = new SilenceWatch(silentMs, () => {
      onSilence();
      stream.destroy(new Error(`Postgres was silent for ${Math.ceil(silentMs / 1_000)} s`));
    });
    const query = client.query as (...args: unknown[]) => unknown;
    client.query = ((...args: unknown[]) => {
      watch.ask();
      return query.apply(client, args);
    }) as typeof client.query;
    stream.on('data', () => watch.hear());
    stream.once('close', () => watch.rest());
    client.on('drain', () => watch.rest());
  }

  ask(): void {
    if (this.#asked) return;
    this.#asked = true;
    this.#heard = true;
    // One timer serves question after question: it ends at a look that finds nothing asked.
    this.#looking ??= setInterval(() => this.#look(), lookEveryMs).unref();
  }

  hear(): void {
    this.#heard = true;
  }

  /** Everything is answered. */
  rest(): void {
    this.#asked = false;
  }

  #look(): void {
    if (!this.#asked) {
      clearInterval(this.#looking);
      this.#looking = undefined;
      this.#silentLooks = 0;
      return;
    }
    this.#silentLooks = this.#heard ? 1 : this.#silentLooks + 1;
    this.#heard = false;
    if (this.#silentLooks < this.#looksMax) return;
    this.rest();
    this.#onSilence();
  }
}
