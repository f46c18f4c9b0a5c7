import type { Duplex, Readable, Writable } from 'node:stream';
import { invariant } from '#libs/kernel';

/** More than the first process ever sends, in characters. */
const saidMax = 4_096;

/** Our end of the socket to a container's first process. What it sends is not trusted: it is cut to a length. */
export class ControlChannel {
  readonly #ended: Promise<void>;
  readonly #socket: Duplex;
  #said = '';

  constructor(socket: Readable | Writable | null | undefined) {
    invariant(socket && 'read' in socket && 'write' in socket, 'the control socket is a duplex');
    this.#socket = socket as Duplex;
    this.#socket.setEncoding('utf8').on('data', (text: string) => {
      this.#said = (this.#said + text).slice(0, saidMax);
    });
    const { promise, resolve } = Promise.withResolvers<void>();
    const settle = () => resolve();
    // An error means that the other side died while we sent.
    this.#socket.once('end', settle).once('error', settle).once('close', settle);
    this.#ended = promise;
  }

  /** Sends a line. @returns the first line of the answer; if the other side closes before its end, what there is of it */
  async ask(line: string): Promise<string> {
    this.#socket.write(line);
    return (await this.heard(/\n/)).split('\n', 1)[0] ?? '';
  }

  /** All text so far, once the pattern is found in it or the other side has closed. */
  async heard(pattern: RegExp): Promise<string> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const look = () => pattern.test(this.#said) && resolve();
    this.#socket.on('data', look);
    look();
    await Promise.race([promise, this.#ended]);
    this.#socket.off('data', look);
    return this.#said;
  }

  close(): void {
    this.#socket.destroy();
  }
}
