import { z } from 'zod';
import { uuidFromName } from '#libs/kernel';

/** The subject id of the administrator, an account of the server's and no person. */
const administrator = 'admin';
/** In either case, as a client may write one. */
const uuid = '[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}';

const pattern = new RegExp(
  `^(?:system|anonymous|user:(?:${administrator}|${uuid})|executor:${uuid}|[a-z]{1,32}:[0-9]{1,9})$`,
);

/**
 * Who did something: `user:<subject id>`, `executor:<uuid>`, a role with its number (`scheduler:0`), `system` or `anonymous`.
 * A subject id says nothing of a person; name and address stand in the table `people`, which can be erased, and never in the log.
 */
export const actorSchema = z
  .string()
  .regex(pattern, { message: 'expected an actor whose subject id is opaque' });

export function isActor(text: string): boolean {
  return pattern.test(text);
}

/** The subject id of a person, or undefined for everybody who has no name: the administrator, a process. */
export function personOf(actor: string): string | undefined {
  const subject = actor.startsWith('user:') ? actor.slice('user:'.length) : undefined;
  return subject === administrator ? undefined : subject?.toLowerCase();
}

/**
 * An actor as it may be shown, from a log that took any text: a name becomes an id that always is the same, in each process and
 * after each restore. It is a plain digest: the name is not shown, yet who guesses it can check the guess.
 */
export function opaqueActor(actor: string): string {
  return isActor(actor) ? actor : `user:${uuidFromName('person', actor)}`;
}
