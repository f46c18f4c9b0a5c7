import { Fault } from '#libs/kernel';
import { type CatalogEntry, findEventType } from './catalog.ts';

/** Data of one event, as JSON text, at most this long. */
export const eventDataBytesMax = 64 * 1024;

export interface CheckedEvent {
  readonly entry: CatalogEntry;
  /** The data as JSON text. */
  readonly json: string;
}

/**
 * The border of the log: schema, text and size.
 *
 * @throws Fault `event.invalid-text`, `event.too-large`; a schema mismatch is a bug in a decider and throws zod's error
 */
export function checkEvent(event: { readonly type: string; readonly data: unknown }): CheckedEvent {
  const entry = findEventType(event.type);
  if (entry === undefined) throw new TypeError(`unknown event type ${event.type}`);
  const json = JSON.stringify(entry.definition.schema.parse(event.data));
  // JSON.stringify writes lone surrogates as \udXXX and NUL as \u0000 (well-formed JSON.stringify, ES2019).
  if (/(?<!\\)(?:\\\\)*\\u(?:0000|d[89ab][0-9a-f]{2}|d[c-f][0-9a-f]{2})/.test(json)) {
    throw new Fault(
      'event.invalid-text',
      'never',
      `the data of ${event.type} holds NUL or a lone surrogate`,
    );
  }
  if (isLongerThan(json, eventDataBytesMax)) {
    throw new Fault(
      'event.too-large',
      'never',
      `the data of ${event.type} is larger than ${eventDataBytesMax} bytes`,
    );
  }
  return { entry, json };
}

/** Whether a text takes more bytes as UTF-8: a UTF-16 unit takes one to three. */
function isLongerThan(text: string, bytesMax: number): boolean {
  if (text.length * 3 <= bytesMax) return false;
  return text.length > bytesMax || new TextEncoder().encode(text).length > bytesMax;
}
