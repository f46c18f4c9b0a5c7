import { invariant } from '#libs/kernel';
import { opaqueActor } from './actor.ts';
import { type DomainEvent, findEventType } from './catalog.ts';

/** Turns the data of schema version n into that of n + 1. */
type Upcaster = (data: unknown) => unknown;

/** Keyed `<type>@<from version>`. Every change of a schema adds one line here and one golden sample. */
const upcasters: Readonly<Record<string, Upcaster>> = {
  // Version 1 took any text for who did it.
  'run.queued@1': (data) => {
    const { trigger } = data as { readonly trigger: { readonly actor: string } };
    return { ...(data as object), trigger: { ...trigger, actor: opaqueActor(trigger.actor) } };
  },
  'run.cancel-requested@1': byOpaqueActor,
  'executor.drained@1': byOpaqueActor,
};

function byOpaqueActor(data: unknown): unknown {
  const { by } = data as { readonly by: string };
  return { ...(data as object), by: opaqueActor(by) };
}

/**
 * Brings stored data to the version that domain code knows.
 *
 * @throws BugError where the type is unknown, the version is newer than ours, or an upcaster is missing
 */
export function upcast(type: string, schemaVersion: number, data: unknown): DomainEvent {
  const entry = findEventType(type);
  invariant(entry !== undefined, `unknown event type ${type}`);
  const current = entry.definition.schemaVersion;
  invariant(
    schemaVersion <= current,
    `${type} has version ${schemaVersion}, newer than ${current}: this process is too old`,
  );
  let value = data;
  for (let version = schemaVersion; version < current; version += 1) {
    const step = upcasters[`${type}@${version}`];
    invariant(step !== undefined, `no upcaster for ${type} from version ${version}`);
    value = step(value);
  }
  return { type, data: value } as DomainEvent;
}
