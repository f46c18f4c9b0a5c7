import type { AssignmentsResponse, ExecutorGateway } from '#libs/executor-protocol';
import type { Clock, Ids, Timers } from '#libs/kernel';
import type { Logger } from '#libs/telemetry';
import type { ConsumedPosition } from './consumed-position.ts';
import { isGone } from './deliver-report.ts';
import { Heartbeat } from './heartbeat.ts';
import type { HeldAttempts } from './held-attempts.ts';
import type { Membership } from './registration.ts';
import { backOff } from './retry-call.ts';
import type { Workspaces } from './workspaces.ts';

export interface AssignmentWorkerParts {
  readonly gateway: ExecutorGateway;
  /** Registers, repeated until the server answers. @throws the reason of the abort */
  readonly join: (abort: AbortSignal) => Promise<Membership>;
  readonly held: HeldAttempts;
  readonly workspaces: Workspaces;
  readonly consumed: ConsumedPosition;
  /** Running sandboxes may go on for this long. */
  readonly extendTerm: (termMs: number) => void;
  /** Kills all sandboxes at once. Resolves when no attempt is held. */
  readonly endEverything: () => Promise<void>;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly ids: Ids;
  readonly logger: Logger;
}

const pollWaitMs = 20_000;
const retryDelayMsMax = 5_000;

/**
 * Takes the server's messages: assignments, stops, ended runs. It lives through any number of registrations: if one is lost, the
 * attempts held under it are ended, and it registers anew.
 */
export class AssignmentWorker {
  readonly #parts: AssignmentWorkerParts;
  #isTaking = true;
  /** Aborted when the executor leaves. */
  readonly #leaving = new AbortController();
  #membership: Membership | undefined;
  #heartbeat: Heartbeat | undefined;
  /** Gives up the registration of that id. */
  #lose: (executorId: string, why: string) => void = () => {};
  #life: Promise<void> = Promise.resolve();

  constructor(parts: AssignmentWorkerParts) {
    this.#parts = parts;
  }

  get membership(): Membership | undefined {
    return this.#membership;
  }

  /** Resolves when it is registered for the first time. */
  async start(): Promise<void> {
    this.#membership = await this.#parts.join(this.#leaving.signal);
    this.#life = this.#live(this.#membership);
  }

  /** Takes no more assignments. Running attempts and heartbeats go on, and stops still arrive. */
  stopIntake(): void {
    this.#isTaking = false;
    this.#parts.held.close();
  }

  /** Ends the heartbeats, too. Resolves when it does nothing any more. */
  async stop(): Promise<void> {
    this.stopIntake();
    this.#leaving.abort();
    await this.#life;
    await this.#parts.consumed.close();
  }

  /** Whether attempts held under this registration may have been given to another executor. */
  isSilent(executorId: string): boolean {
    return this.#membership?.executorId !== executorId || this.#heartbeat?.isSilent !== false;
  }

  /** Called if another request was answered that the executor was declared lost. */
  gone(executorId: string): void {
    this.#lose(executorId, 'the server declared it lost');
  }

  async #live(first: Membership): Promise<void> {
    const { join, logger, endEverything } = this.#parts;
    for (let membership: Membership | undefined = first; membership; ) {
      const why = await this.#serve(membership);
      if (why === undefined) return;
      logger.error(
        { executorId: membership.executorId, why },
        'registration lost: all attempts are ended',
      );
      this.#membership = undefined;
      await endEverything().catch((error: unknown) =>
        logger.error({ error: String(error) }, 'not all attempts ended'),
      );
      membership = this.#isTaking ? await this.#rejoin(join) : undefined;
      this.#membership = membership;
    }
  }

  async #rejoin(join: AssignmentWorkerParts['join']): Promise<Membership | undefined> {
    for (let tries = 1; !this.#leaving.signal.aborted; tries += 1) {
      try {
        return await join(this.#leaving.signal);
      } catch (error) {
        if (this.#leaving.signal.aborted) return undefined;
        this.#parts.logger.error({ error: String(error) }, 'registration refused');
        await this.#backOff(tries, this.#leaving.signal);
      }
    }
    return undefined;
  }

  /** @returns why the registration was lost; undefined if the executor leaves */
  async #serve(membership: Membership): Promise<string | undefined> {
    const { gateway, held, extendTerm, clock, timers, logger } = this.#parts;
    const lost = new AbortController();
    let why: string | undefined;
    const onLost = (reason: string) => {
      why ??= reason;
      lost.abort();
    };
    this.#lose = (executorId, reason) => {
      if (executorId === membership.executorId) onLost(reason);
    };
    const heartbeat = new Heartbeat({
      gateway,
      membership,
      describe: () => held.describe(),
      onAcknowledged: extendTerm,
      onStop: (stop) => held.stop(stop),
      onLost,
      clock,
      timers,
      logger,
    });
    this.#heartbeat = heartbeat;
    heartbeat.start();
    void this.#poll(membership, AbortSignal.any([lost.signal, this.#leaving.signal]), onLost);
    // The poll is not awaited: it may hang as long as the server does, and lost attempts are ended at once.
    await aborted(AbortSignal.any([lost.signal, this.#leaving.signal]));
    heartbeat.stop();
    return this.#leaving.signal.aborted ? undefined : why;
  }

  async #poll(
    membership: Membership,
    abort: AbortSignal,
    onLost: (why: string) => void,
  ): Promise<void> {
    let after = await this.#parts.consumed.startFrom(membership);
    for (let failures = 0; !abort.aborted; ) {
      try {
        const answer = await this.#parts.gateway.assignments(membership.executorId, {
          after,
          waitMs: pollWaitMs,
          abort,
        });
        failures = 0;
        if (abort.aborted) return;
        if (answer.incarnation !== undefined && answer.incarnation !== membership.incarnation)
          return onLost('the log was replaced by another one, which does not know these attempts');
        this.#take(answer, membership);
        after = answer.position;
      } catch (error) {
        if (abort.aborted) return;
        if (isGone(error)) return onLost('the server declared it lost');
        failures += 1;
        this.#parts.logger.warn({ error: String(error) }, 'assignments could not be fetched');
        await this.#backOff(failures, abort);
      }
    }
  }

  #take(answer: AssignmentsResponse, { executorId, incarnation }: Membership): void {
    const { held, workspaces, consumed, logger } = this.#parts;
    for (const assignment of answer.assignments) held.take(assignment, executorId);
    for (const stop of answer.stop) held.stop(stop);
    const ends = answer.ended.map(({ runId, keep }) =>
      workspaces
        .end(runId, keep)
        .catch((error: unknown) =>
          logger.error(
            { runId, error: String(error) },
            'the workspace of an ended run could not be kept or removed',
          ),
        ),
    );
    consumed.note({ position: answer.position, incarnation }, ends);
  }

  #backOff(tries: number, abort: AbortSignal): Promise<void> {
    const { timers, ids } = this.#parts;
    return backOff({ timers, ids, delayMsMax: retryDelayMsMax }, tries, abort);
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) =>
    signal.addEventListener('abort', () => resolve(), { once: true }),
  );
}
