import type { LogLineDto } from '#libs/api-contract';

/** The lines of one followed log over several connections, each shown once and none missing. */
export class ResumedLines {
  /** The text that was shown of each line whose end has not come. */
  readonly #open = new Map<number, string>();
  /** Numbers of open lines that a new connection sends from their beginning again. */
  readonly #again = new Set<number>();
  #last = 0;

  /** Called for each connection. @returns the first line to ask for */
  begin(): number {
    for (const line of this.#open.keys()) this.#again.add(line);
    return Math.min(this.#last + 1, ...this.#open.keys());
  }

  /** @returns what is new of it; undefined if all of it was shown before */
  take(line: LogLineDto): LogLineDto | undefined {
    const shown = this.#open.get(line.line);
    if (shown === undefined && line.line <= this.#last) return undefined;
    const isAgain = this.#again.delete(line.line);
    if (line.open) this.#open.set(line.line, isAgain ? line.text : (shown ?? '') + line.text);
    else this.#open.delete(line.line);
    this.#last = Math.max(this.#last, line.line);
    return isAgain ? { ...line, text: line.text.slice(shown?.length), continues: true } : line;
  }
}
