import type { DomainEvent, Plan, PlanLookup, StreamName, TenantId } from '#libs/events';
import { invariant, type Rejection } from '#libs/kernel';
import type { Append } from './event-store.ts';
import type { CommandOrigin } from './runner.ts';
import type { AnyDecider, StreamState } from './stream-states.ts';

/** A command on its way through a stream's mailbox. */
export interface Command {
  readonly command: unknown;
  readonly origin: CommandOrigin;
  readonly guard?: { readonly shard: number; readonly epoch: number } | undefined;
  readonly plans?: readonly { readonly hash: string; readonly plan: Plan }[] | undefined;
}

/** The decision about one command. */
export type Decided<C extends Command> =
  /** Its events are `count` events of append number `append`, from index `from` on. */
  | {
      readonly kind: 'append';
      readonly command: C;
      readonly append: number;
      readonly from: number;
      readonly count: number;
    }
  /** It changes nothing or is refused. That holds only if all appends before `after` are stored. */
  | {
      readonly kind: 'settled';
      readonly command: C;
      readonly after: number;
      readonly rejection: Rejection | undefined;
    };

export interface Round<C extends Command> {
  readonly decided: readonly Decided<C>[];
  /** To be stored in this order. */
  readonly appends: readonly Append[];
}

export interface RoundInput<C extends Command> {
  readonly decider: AnyDecider;
  readonly stream: StreamName;
  readonly base: StreamState;
  readonly commands: readonly C[];
  /** The time that events have until they are recorded. */
  readonly time: string;
  /** Loads the plans that decided events name. */
  readonly lookupFor: (
    events: readonly { readonly type: string; readonly data: unknown }[],
  ) => Promise<PlanLookup>;
}

interface Draft {
  readonly expectedVersion: number;
  readonly tenant: TenantId;
  readonly command: Command;
  readonly events: DomainEvent[];
}

/**
 * Decides commands one after the other, each against the state after the ones before it, and puts their events into as
 * few appends as their origins allow.
 */
export async function decideRound<C extends Command>(input: RoundInput<C>): Promise<Round<C>> {
  const { decider, stream, base } = input;
  const decided: Decided<C>[] = [];
  const drafts: Draft[] = [];
  let { state, version, tenant } = base;
  for (const command of input.commands) {
    const decision = decider.decide(command.command, state);
    if (!decision.ok || decision.events.length === 0) {
      const rejection = decision.ok ? undefined : decision.rejection;
      decided.push({ kind: 'settled', command, after: drafts.length, rejection });
      continue;
    }
    tenant = tenantFor(command.origin, tenant, stream);
    const draft = draftFor(drafts, command, { expectedVersion: version, tenant });
    const count = decision.events.length;
    decided.push({
      kind: 'append',
      command,
      append: drafts.length - 1,
      from: draft.events.length,
      count,
    });
    draft.events.push(...(decision.events as readonly DomainEvent[]));
    version += count;
    const lookup = await input.lookupFor(decision.events);
    for (const event of decision.events) {
      state = decider.evolve(state, event, { position: 0, time: input.time }, lookup);
    }
  }
  return { decided, appends: drafts.map((draft) => toAppend(stream, draft)) };
}

/** @throws BugError if a command of one tenant reached a stream of another: the use case should have refused it */
function tenantFor(
  origin: CommandOrigin,
  ofStream: TenantId | undefined,
  stream: StreamName,
): TenantId {
  const tenant = ofStream ?? origin.tenant;
  invariant(tenant !== undefined, `${stream} does not exist, so it has no tenant`);
  const isOwn = origin.tenant === undefined || origin.tenant === tenant;
  invariant(isOwn, `${stream} belongs to another tenant than the command`);
  return tenant;
}

/** The last draft if both commands are plain and have one origin; else a new one. */
function draftFor(
  drafts: Draft[],
  command: Command,
  at: Pick<Draft, 'expectedVersion' | 'tenant'>,
): Draft {
  const last = drafts.at(-1);
  if (last !== undefined && isPlain(command) && isPlain(last.command)) {
    if (isSameOrigin(last.command.origin, command.origin)) return last;
  }
  const draft = { ...at, command, events: [] };
  drafts.push(draft);
  return draft;
}

function isPlain({ origin, guard, plans }: Command): boolean {
  return origin.commandId === undefined && guard === undefined && (plans?.length ?? 0) === 0;
}

function isSameOrigin(a: CommandOrigin, b: CommandOrigin): boolean {
  return (
    a === b ||
    (a.tenant === b.tenant &&
      a.actor === b.actor &&
      a.correlationId === b.correlationId &&
      a.causationId === b.causationId &&
      a.traceparent === b.traceparent)
  );
}

function toAppend(stream: StreamName, draft: Draft): Append {
  const { command, expectedVersion, events, tenant } = draft;
  const { guard, plans } = command;
  const origin = { ...command.origin, tenant };
  return { stream, expectedVersion, events, origin, guard, plans };
}
