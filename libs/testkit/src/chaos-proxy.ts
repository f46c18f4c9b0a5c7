import {
  type AddressInfo,
  createServer,
  connect as dial,
  type NetConnectOpts,
  type Server,
  type Socket,
} from 'node:net';

/** `up`: from who connects to the target. */
export type Direction = 'up' | 'down';
const directions: readonly Direction[] = ['up', 'down'];

interface Link {
  readonly client: Socket;
  readonly target: Socket;
  /** Directions in which nothing moves. */
  readonly frozen: Set<Direction>;
}

/**
 * A proxy on loopback that does to connections what networks and machines do: freezes them without a word, cuts, delays,
 * closes one half. What was frozen is not lost: it arrives at the thaw, unless the connection was cut.
 */
export class ChaosProxy {
  readonly #server: Server;
  readonly #target: NetConnectOpts;
  readonly #links = new Set<Link>();
  readonly #delayMs: Record<Direction, number> = { up: 0, down: 0 };
  /** Directions in which new connections are frozen from the start. */
  readonly #frozen = new Set<Direction>();
  /** Bytes that went through, or would have. */
  readonly seen: Record<Direction, number> = { up: 0, down: 0 };

  private constructor(target: NetConnectOpts) {
    this.#target = target;
    this.#server = createServer({ pauseOnConnect: true }, (client) => this.#link(client));
  }

  /** @param target  a port and host, or the path of a Unix socket */
  static async start(target: NetConnectOpts): Promise<ChaosProxy> {
    const proxy = new ChaosProxy(target);
    await new Promise<void>((resolve) => proxy.#server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  get connections(): number {
    return this.#links.size;
  }

  /** Nothing moves any more on the connections that there are; with `alsoNew` on those to come neither. */
  freeze(options: { readonly only?: Direction; readonly alsoNew?: boolean } = {}): void {
    const frozen = options.only === undefined ? directions : [options.only];
    for (const direction of frozen) {
      if (options.alsoNew) this.#frozen.add(direction);
      for (const link of this.#links) {
        link.frozen.add(direction);
        sourceOf(link, direction).pause();
      }
    }
  }

  /** Everything goes on, with what was sent meanwhile. */
  thaw(): void {
    this.#frozen.clear();
    for (const link of this.#links) {
      link.frozen.clear();
      for (const direction of directions) sourceOf(link, direction).resume();
    }
  }

  /** Breaks all connections; what is on its way is lost. */
  cut(): void {
    for (const { client, target } of this.#links) {
      client.resetAndDestroy();
      // A Unix socket knows no reset.
      target.destroy();
    }
  }

  /** From now on each piece of a direction takes this much longer. */
  delay(direction: Direction, delayMs: number): void {
    this.#delayMs[direction] = delayMs;
  }

  /** Ends one direction in good order, as a peer does that has said all it had to say. */
  halfClose(direction: Direction): void {
    for (const link of this.#links) sinkOf(link, direction).end();
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #link(client: Socket): void {
    const target = dial(this.#target);
    const link: Link = { client, target, frozen: new Set(this.#frozen) };
    this.#links.add(link);
    for (const socket of [client, target]) {
      socket.on('error', () => {});
      socket.once('close', () => {
        this.#links.delete(link);
        client.destroy();
        target.destroy();
      });
    }
    for (const direction of directions) this.#forward(link, direction);
  }

  #forward(link: Link, direction: Direction): void {
    const source = sourceOf(link, direction);
    const sink = sinkOf(link, direction);
    source.on('data', (piece: Buffer) => {
      this.seen[direction] += piece.length;
      const delayMs = this.#delayMs[direction];
      if (delayMs === 0) sink.write(piece);
      else setTimeout(() => sink.write(piece), delayMs);
    });
    source.once('end', () => sink.end());
    if (link.frozen.has(direction)) source.pause();
    else source.resume();
  }
}

function sourceOf({ client, target }: Link, direction: Direction): Socket {
  return direction === 'up' ? client : target;
}

function sinkOf({ client, target }: Link, direction: Direction): Socket {
  return direction === 'up' ? target : client;
}
