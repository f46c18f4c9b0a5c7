import type { RecordedEvent, StreamName } from '#libs/events';
import { type Clock, Fault, invariant } from '#libs/kernel';
import type { Appender } from './appender.ts';
import { type Command, type Decided, decideRound, type Round } from './decide-round.ts';
import type { EventStore } from './event-store.ts';
import { type AnyAnswer, mayTryAgain, roundLength, unsent, type Waiting } from './mailbox.ts';
import type { PlanCache } from './plan-cache.ts';
import { type AppendAnswer, isoTime } from './recorded-event.ts';
import type { DeciderRunner, RunnerAnswer, StreamDecider } from './runner.ts';
import { type AnyDecider, type StreamState, StreamStates } from './stream-states.ts';

export interface RunnerParts {
  readonly store: Pick<EventStore, 'readStream' | 'readLog'>;
  readonly appender: Appender;
  readonly plans: PlanCache;
  readonly clock: Clock;
}

/** The decider runner with a mailbox for each stream; DeciderRunner says what it promises. */
export class MailboxDeciderRunner implements DeciderRunner {
  readonly #parts: RunnerParts;
  readonly #states: StreamStates;
  readonly #mailboxes = new Map<StreamName, Waiting[]>();

  constructor(parts: RunnerParts, options: { readonly stateBytesMax?: number } = {}) {
    this.#parts = parts;
    this.#states = new StreamStates(parts.store, parts.plans, options.stateBytesMax);
  }

  /** The folded streams that are kept in memory. */
  get kept(): { readonly streams: number; readonly bytes: number } {
    return this.#states.size;
  }

  run<
    State,
    C,
    Event extends { readonly type: string; readonly data: unknown },
    Code extends string,
  >(
    decider: StreamDecider<State, C, Event, Code>,
    stream: StreamName,
    command: C,
    origin: Command['origin'],
    options: Pick<Command, 'guard' | 'plans'> = {},
  ): Promise<RunnerAnswer<Event, Code>> {
    const { promise, resolve, reject } = Promise.withResolvers<AnyAnswer>();
    this.#enqueue(stream, {
      ...options,
      // The mailbox holds commands of many deciders: types are given up here and taken again in the answer.
      decider: decider as unknown as AnyDecider,
      command,
      origin,
      resolve,
      reject,
      conflicts: 0,
      isAlone: false,
      isSent: false,
    });
    return promise as Promise<unknown> as Promise<RunnerAnswer<Event, Code>>;
  }

  async load<
    State,
    C,
    Event extends { readonly type: string; readonly data: unknown },
    Code extends string,
  >(
    decider: StreamDecider<State, C, Event, Code>,
    stream: StreamName,
    options: { readonly atLeast?: number } = {},
  ): Promise<StreamState & { readonly state: State }> {
    const any = decider as unknown as AnyDecider;
    const kept = options.atLeast === undefined ? undefined : this.#states.kept(any, stream);
    const isEnough = kept !== undefined && kept.version >= (options.atLeast ?? 0);
    const current = isEnough ? kept : await this.#states.current(any, stream);
    return { ...current, state: current.state as State };
  }

  #enqueue(stream: StreamName, waiting: Waiting): void {
    const mailbox = this.#mailboxes.get(stream);
    if (mailbox !== undefined) {
      mailbox.push(waiting);
      return;
    }
    const fresh = [waiting];
    this.#mailboxes.set(stream, fresh);
    void this.#empty(stream, fresh);
  }

  async #empty(stream: StreamName, mailbox: Waiting[]): Promise<void> {
    // Commands of the same turn of the event loop are decided together.
    await Promise.resolve();
    while (mailbox.length > 0) {
      const commands = mailbox.splice(0, roundLength(mailbox));
      try {
        mailbox.unshift(...(await this.#round(stream, commands)));
      } catch (error) {
        mailbox.unshift(...this.#afterFailure(stream, commands, error));
      }
    }
    this.#mailboxes.delete(stream);
  }

  /** @returns the commands that are tried again */
  #afterFailure(
    stream: StreamName,
    commands: readonly Waiting[],
    error: unknown,
  ): readonly Waiting[] {
    for (const { decider } of commands) this.#states.forget(decider, stream);
    // One bad command must not fail the others: each is decided alone. If the log is away or full, no command is at fault.
    const isLogUnavailable = error instanceof Fault && error.retry === 'backoff';
    if (commands.length > 1 && !isLogUnavailable && !commands.some(({ isSent }) => isSent)) {
      for (const waiting of commands) waiting.isAlone = true;
      return commands;
    }
    for (const waiting of commands) waiting.reject(error);
    return [];
  }

  /** @returns the commands that have to be decided again, in order */
  async #round(stream: StreamName, commands: readonly Waiting[]): Promise<readonly Waiting[]> {
    const [first] = commands;
    invariant(first !== undefined, 'a round has a command');
    const { decider } = first;
    for (const { plans } of commands) if (plans !== undefined) this.#parts.plans.put(plans);
    const kept = this.#states.kept(decider, stream);
    let base = kept ?? (await this.#states.current(decider, stream));
    let round = await this.#decide(stream, base, commands);
    if (kept !== undefined && round.appends.length === 0) {
      // An append proves that the state was current; an answer without one has to be looked up.
      base = await this.#states.current(decider, stream);
      if (base.version !== kept.version) round = await this.#decide(stream, base, commands);
    }
    const answers =
      round.appends.length === 0 ? [] : await this.#parts.appender.appendAll(round.appends);
    for (const waiting of commands) waiting.isSent = true;
    await this.#fold(stream, decider, { base, answers });
    return await this.#answerAll({ stream, round, answers, base });
  }

  #decide(
    stream: StreamName,
    base: StreamState,
    commands: readonly Waiting[],
  ): Promise<Round<Waiting>> {
    const [first] = commands;
    invariant(first !== undefined, 'a round has a command');
    const { decider } = first;
    return decideRound({
      decider,
      stream,
      base,
      commands,
      time: isoTime(this.#parts.clock.nowMs()),
      lookupFor: (events) => this.#states.lookupFor(decider, events),
    });
  }

  /** Folds what was stored, now with its positions. Since it is stored, no later error may fail the commands. */
  async #fold(
    stream: StreamName,
    decider: AnyDecider,
    folding: { readonly base: StreamState; readonly answers: readonly AppendAnswer[] },
  ): Promise<void> {
    const { base, answers } = folding;
    const events = answers.flatMap((answer) => (answer.kind === 'appended' ? answer.events : []));
    const newest = base.version + events.length;
    // The kept state is not the log's (a backup was restored): the stream is read anew.
    const isAhead = answers.some(
      (answer) => answer.kind === 'conflict' && answer.actualVersion < newest,
    );
    try {
      if (isAhead) this.#states.forget(decider, stream);
      else if (events.length > 0) await this.#states.advance(decider, stream, { base, events });
    } catch (error) {
      if (!(error instanceof Fault)) throw error;
      this.#states.forget(decider, stream); // a plan could not be read
    }
    if (answers.some(({ kind }) => kind !== 'appended')) this.#states.markBehind(decider, stream);
  }

  async #answerAll(settled: {
    readonly stream: StreamName;
    readonly round: Round<Waiting>;
    readonly answers: readonly AppendAnswer[];
    readonly base: StreamState;
  }): Promise<readonly Waiting[]> {
    const { stream, round, answers } = settled;
    const failed = answers.findIndex(({ kind }) => kind !== 'appended');
    /** Appends up to here were decided against a state that proved to be the log's. */
    const sound = failed === -1 ? answers.length : failed;
    const again: Waiting[] = [];
    for (const one of round.decided) {
      if (one.kind === 'append') {
        const answer = answers[one.append];
        invariant(answer !== undefined, 'each append has an answer');
        if (answer.kind !== 'conflict') {
          await this.#answerAppend(stream, one, answer);
        } else if (mayTryAgain(one.command, one.append === failed)) {
          again.push(unsent(one.command));
        }
      } else if (one.after <= sound && (sound > 0 || answers.length === 0)) {
        await this.#answerSettled(stream, one, { ...settled, sound });
      } else {
        again.push(unsent(one.command));
      }
    }
    return again;
  }

  async #answerAppend(
    stream: StreamName,
    { command, from, count }: Extract<Decided<Waiting>, { kind: 'append' }>,
    answer: Exclude<AppendAnswer, { kind: 'conflict' }>,
  ): Promise<void> {
    switch (answer.kind) {
      case 'appended':
        return command.resolve(asAnswer(stream, answer.events.slice(from, from + count), false));
      case 'duplicate':
        return command.resolve(await this.#firstAnswer(answer));
      default: {
        const message = `epoch ${command.guard?.epoch ?? 'of this append'} is over, ${answer.epoch} leads`;
        const rejection = { code: 'scheduler.stale-epoch', message };
        return command.resolve({ ok: false, rejection });
      }
    }
  }

  /** A command that changes nothing now may have changed something the first time that it came. */
  async #answerSettled(
    stream: StreamName,
    { command, rejection, after }: Extract<Decided<Waiting>, { kind: 'settled' }>,
    settled: {
      readonly answers: readonly AppendAnswer[];
      readonly base: StreamState;
      readonly sound: number;
    },
  ): Promise<void> {
    const { commandId } = command.origin;
    if (commandId !== undefined) {
      const history = await this.#parts.store.readStream(stream);
      const own = history.filter((event) => event.commandId === commandId);
      if (own.length > 0) return command.resolve(asAnswer(stream, own, true));
    }
    if (rejection !== undefined) return command.resolve({ ok: false, rejection });
    const last = settled.answers[after - 1];
    const { position, version } =
      last?.kind === 'appended'
        ? { position: last.lastPosition, version: last.version }
        : settled.base;
    command.resolve({ ok: true, position, stream, version, events: [], isRepeat: false });
  }

  async #firstAnswer(answer: Extract<AppendAnswer, { kind: 'duplicate' }>): Promise<AnyAnswer> {
    const { firstPosition, lastPosition, stream } = answer;
    const events = await this.#parts.store.readLog({
      after: firstPosition - 1,
      limit: lastPosition - firstPosition + 1,
    });
    return asAnswer(stream, events, true);
  }
}

function asAnswer(
  stream: StreamName,
  events: readonly RecordedEvent[],
  isRepeat: boolean,
): AnyAnswer {
  const last = events.at(-1);
  invariant(last !== undefined, `the events of an answer are missing in ${stream}`);
  return { ok: true, position: last.position, stream, version: last.version, events, isRepeat };
}
