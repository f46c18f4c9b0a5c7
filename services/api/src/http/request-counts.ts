import { setTimeout as delay } from 'node:timers/promises';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Operation, operations, serverOperations } from '#libs/api-contract';
import { routePath } from './route.ts';

/** How long a close waits for answers that have begun, in milliseconds. */
const answersMs = 2_000;
/** How long a follower that has seen the end of a run may take to ask for more of it, in milliseconds, on a busy machine. */
const afterwardsMs = 500;
const lookMs = 10;

/**
 * Counts requests with valid credentials, which show that somebody needs the server: probes and strangers don't. Requests about
 * the server itself are left out.
 */
export interface RequestCounts {
  /** Requests that are being answered, streams included. */
  readonly open: number;
  /** Requests that ever began. */
  readonly begun: number;
}

const aboutTheServer: ReadonlySet<string | undefined> = new Set(
  Object.values(serverOperations).map(({ path }) => path),
);

const streams: ReadonlySet<string | undefined> = new Set(
  Object.values<Operation>(operations)
    .filter(({ responseType }) => responseType === 'text/event-stream')
    .map(routePath),
);

export class CountedRequests implements RequestCounts {
  open = 0;
  begun = 0;
  /** The same, with requests about the server itself. */
  #unanswered = 0;
  #isClosing = false;
  /** When the last answer ended after which the client may ask for more, by the monotonic clock. */
  #lastMs = Number.NEGATIVE_INFINITY;

  /** Called when a request has shown its credentials. */
  add(request: FastifyRequest, reply: FastifyReply): void {
    const { url } = request.routeOptions;
    const isCounted = !aboutTheServer.has(url);
    this.#unanswered += 1;
    if (isCounted) {
      this.open += 1;
      this.begun += 1;
    }
    reply.raw.once('close', () => {
      this.#unanswered -= 1;
      if (!isCounted) return;
      this.open -= 1;
      if (this.#isClosing || streams.has(url)) this.#lastMs = performance.now();
    });
  }

  /** Resolves when every request is answered and followers had time to ask for more; after a short time in any case. */
  async untilAnswered(): Promise<void> {
    this.#isClosing = true;
    const endBy = performance.now() + answersMs;
    for (let now = performance.now(); now < endBy; now = performance.now()) {
      if (this.#unanswered === 0 && now - this.#lastMs >= afterwardsMs) return;
      await delay(lookMs);
    }
  }
}
