/** One of a stream of server-sent events. */
export interface SentEvent {
  /** `message` if the server names none. */
  readonly type: string;
  /** Undefined if this event has no id of its own. */
  readonly id: string | undefined;
  readonly data: string;
}

/** The server-sent events of a response, as they come (https://html.spec.whatwg.org/multipage/server-sent-events.html). */
export async function* readSentEvents(response: Response): AsyncIterable<SentEvent> {
  let block: string[] = [];
  for await (const line of readLines(response)) {
    if (line !== '') {
      block.push(line);
      continue;
    }
    const event = eventOf(block);
    block = [];
    if (event) yield event;
  }
  // A block without its end is incomplete: the connection broke in it.
}

/** @returns undefined for a block without data, such as a comment */
function eventOf(block: readonly string[]): SentEvent | undefined {
  let type = 'message';
  let id: string | undefined;
  const data: string[] = [];
  for (const line of block) {
    const at = line.indexOf(':');
    const field = at === -1 ? line : line.slice(0, at);
    const value = at === -1 ? '' : line.slice(at + 1).replace(/^ /, '');
    if (field === 'event') type = value;
    else if (field === 'id') id = value;
    else if (field === 'data') data.push(value);
  }
  return data.length === 0 ? undefined : { type, id, data: data.join('\n') };
}

/** The lines of a text body, as they come, without their ends: `\n`, `\r\n` or `\r`. The last may be without an end. */
export async function* readLines(response: Response): AsyncIterable<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of response.body ?? []) {
    const text = rest + decoder.decode(chunk as Uint8Array, { stream: true });
    // The other half of `\r\n` may come with the next chunk.
    const isHalf = text.endsWith('\r');
    const lines = (isHalf ? text.slice(0, -1) : text).split(/\r\n|\n|\r/);
    rest = (lines.pop() ?? '') + (isHalf ? '\r' : '');
    yield* lines;
  }
  if (rest !== '') yield rest.replace(/\r$/, '');
}
