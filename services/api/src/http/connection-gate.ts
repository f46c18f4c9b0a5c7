import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { isLocal } from './local-socket.ts';

/** All connections of a server: far below what a process may have open, above what its clients keep. */
const connectionsMax = 4_096;
/** Those that have shown no credentials yet: a client shows them with its first request, within milliseconds. */
const strangersMax = 256;
/** From the first byte to the end of a request's head: it fits one packet. */
const headMs = 10_000;

export interface ConnectionLimits {
  readonly connectionsMax: number;
  readonly strangersMax: number;
  readonly headMs: number;
}

/**
 * Bounds what strangers can hold. A connection counts as a stranger's until a request on it has shown credentials; where there
 * are too many of them the oldest one ends, so that whoever opens connections and says nothing displaces itself.
 */
export class ConnectionGate {
  readonly #strangers = new Set<Socket>();
  readonly #limits: ConnectionLimits;

  constructor(limits: Partial<ConnectionLimits> = {}) {
    this.#limits = { connectionsMax, strangersMax, headMs, ...limits };
  }

  /** Before the server listens. */
  guard(server: Server): void {
    server.maxConnections = this.#limits.connectionsMax;
    server.headersTimeout = this.#limits.headMs;
    server.on('connection', (socket: Socket) => {
      if (isLocal(socket)) return;
      this.#strangers.add(socket);
      socket.once('close', () => this.#strangers.delete(socket));
      if (this.#strangers.size <= this.#limits.strangersMax) return;
      const [oldest] = this.#strangers;
      oldest?.destroy();
    });
  }

  /** A request on it has shown credentials. */
  welcome(socket: Socket): void {
    this.#strangers.delete(socket);
  }
}
