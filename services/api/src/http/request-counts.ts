import { setTimeout as delay } from 'node:timers/promises';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Operation, operations, serverOperations } from '#libs/api-contract';
import { routePath } from './route.ts';

/** Answers that are under way have this long at a close, in milliseconds. */
const answersMs = 2_000;
/** A follower that heard how a run ended asks for more of it at once. In milliseconds, for a busy machine. */
const afterwardsMs = 500;
const lookMs = 10;

/**
 * What is asked for by whoever may ask: a probe, or a stranger, does not need a server. Questions about the server itself
 * are left out.
 */
export interface RequestCounts {
  /** Being answered, streams included. */
  readonly open: number;
  /** Ever begun. */
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
  /** With those about the server. */
  #unanswered = 0;
  #isClosing = false;
  /** When somebody was answered last who may ask for more, by the monotonic clock. */
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

  /** Resolves when everything is answered and no follower seems to have more to ask; soon in any case. */
  async untilAnswered(): Promise<void> {
    this.#isClosing = true;
    const endBy = performance.now() + answersMs;
    for (let now = performance.now(); now < endBy; now = performance.now()) {
      if (this.#unanswered === 0 && now - this.#lastMs >= afterwardsMs) return;
      await delay(lookMs);
    }
  }
}
