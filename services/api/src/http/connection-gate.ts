import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import { isLocal } from './local-socket.ts';

/** The most connections of a server: far fewer than a process may have open, more than its clients keep. */
const connectionsMax = 4_096;
/** The most connections without credentials. A client shows its credentials with its first request, within milliseconds. */
const strangersMax = 256;
/** How long the head of a request may take, in milliseconds: it fits into one packet. */
const headMs = 10_000;

export interface ConnectionLimits {
  readonly connectionsMax: number;
  readonly strangersMax: number;
  readonly headMs: number;
}

/**
 * Limits what strangers can hold. A connection is a stranger's until a request on it has shown credentials. If strangers have too
 * many connections, the oldest of these is closed, so that a flood displaces itself.
 */
export class ConnectionGate {
  readonly #strangers = new Set<Socket>();
  readonly #limits: ConnectionLimits;

  constructor(limits: Partial<ConnectionLimits> = {}) {
    this.#limits = { connectionsMax, strangersMax, headMs, ...limits };
  }

  /** Call it before the server listens. */
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

  /** Call it when a request on the connection has shown credentials. */
  welcome(socket: Socket): void {
    this.#strangers.delete(socket);
  }
}
