import type { EventType } from './catalog.ts';
import type { RecordedEvent } from './envelope.ts';

/**
 * The event types that a consumer handles, each with what it does then, in a few words. CATALOG.md lists them. A consumer
 * looks at no event that `isHandled` refuses, and ends its switch with `assertNever`: so a type that it handles and does
 * not list, or lists and does not handle, does not compile.
 */
export type Handles = { readonly [Type in EventType]?: string };

export type HandledEvent<Table extends Handles> = Extract<
  RecordedEvent,
  { readonly type: keyof Table }
>;

export function isHandled<Table extends Handles>(
  handles: Table,
  event: RecordedEvent,
): event is HandledEvent<Table> {
  return Object.hasOwn(handles, event.type);
}
