import { BugError, invariant, isUuid, uuidFromName } from '#libs/kernel';

/** The kinds of stream with their number in the log. Frozen: a number never changes its meaning. */
export const streamKinds = {
  pipeline: 1,
  run: 2,
  executor: 3,
  tenant: 4,
  schedule: 5,
  deployment: 6,
  config: 7,
  scheduler: 8,
} as const;
export type StreamKind = keyof typeof streamKinds;

/** `<kind>-<id>`; the id is a uuid, for `scheduler-<shard>` a decimal number, for `config-<scope>` a name. */
export type StreamName = `${StreamKind}-${string}`;

export function streamName(kind: StreamKind, id: string | number): StreamName {
  return `${kind}-${id}`;
}

/** Splits a name at its first dash. @throws BugError where the kind is not known */
export function parseStreamName(name: string): { readonly kind: StreamKind; readonly id: string } {
  const dash = name.indexOf('-');
  const kind = name.slice(0, dash);
  invariant(dash > 0 && Object.hasOwn(streamKinds, kind), `no stream is named ${name}`);
  return { kind: kind as StreamKind, id: name.slice(dash + 1) };
}

/**
 * The id in the name of a stream whose kind is known: the run's of `run-<id>`.
 *
 * @throws BugError if it is a stream of another kind
 */
export function streamId(kind: StreamKind, name: string): string {
  if (!name.startsWith(`${kind}-`)) throw new BugError(`${name} is no stream of the kind ${kind}`);
  return name.slice(kind.length + 1);
}

/** The uuid under which a stream stands in the log: its own id where that is a uuid, else one made from the name. */
export function streamUuid(name: string): string {
  const { kind, id } = parseStreamName(name);
  return isUuid(id) ? id : uuidFromName('stream', kind, id);
}
