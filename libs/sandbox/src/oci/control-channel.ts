import type { Duplex, Readable, Writable } from 'node:stream';
import { invariant } from '#libs/kernel';

/** More than the first process ever says, in characters. */
const saidMax = 4_096;

/** Our end of the socket to a container's first process. What comes from there is not trusted: it is short or cut. */
export class ControlChannel {
  /** Everything that was said, once the other side has closed. Never rejects. */
  readonly ended: Promise<string>;
  readonly #socket: Duplex;
  #said = '';

  constructor(socket: Readable | Writable | null | undefined) {
    invariant(socket && 'read' in socket && 'write' in socket, 'the control socket is a duplex');
    this.#socket = socket as Duplex;
    this.#socket.setEncoding('utf8').on('data', (text: string) => {
      this.#said = (this.#said + text).slice(0, saidMax);
    });
    const { promise, resolve } = Promise.withResolvers<string>();
    const settle = () => resolve(this.#said);
    // An error is the other side's death while we spoke.
    this.#socket.once('end', settle).once('error', settle).once('close', settle);
    this.ended = promise;
  }

  /** Sends a line. @returns the first line that is said; the rest where the other side closes without one */
  async ask(line: string): Promise<string> {
    this.#socket.write(line);
    const { promise, resolve } = Promise.withResolvers<void>();
    const look = () => this.#said.includes('\n') && resolve();
    this.#socket.on('data', look);
    await Promise.race([promise, this.ended]);
    this.#socket.off('data', look);
    return this.#said.split('\n', 1)[0] ?? '';
  }

  close(): void {
    this.#socket.destroy();
  }
}
