import { describe, expect, it } from 'vitest';
import { readLines, readSentEvents } from './sent-events.ts';

/** A response whose body comes in these pieces. */
function inPieces(...pieces: readonly (string | Uint8Array)[]): Response {
  const encoder = new TextEncoder();
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const piece of pieces)
        controller.enqueue(typeof piece === 'string' ? encoder.encode(piece) : piece);
      controller.close();
    },
  });
  return new Response(stream);
}

async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const found: Item[] = [];
  for await (const item of items) found.push(item);
  return found;
}

const message = (data: string) => ({ type: 'message', id: undefined, data });

describe('readSentEvents', () => {
  it.each<[string, readonly string[], readonly object[]]>([
    [
      'an event with all fields',
      ['id: 7\nevent: e\ndata: x\n\n'],
      [{ type: 'e', id: '7', data: 'x' }],
    ],
    ['data of several lines', ['data: a\ndata:\ndata: b\n\n'], [message('a\n\nb')]],
    [
      'a colon without a space, and two spaces',
      ['data:a\n\ndata:  b\n\n'],
      [message('a'), message(' b')],
    ],
    ['a field without a colon', ['data\n\n'], [message('')]],
    [
      'lines that end with \\r\\n or \\r',
      ['data: a\r\n\r\ndata: b\r\r'],
      [message('a'), message('b')],
    ],
    [
      'comments, retry times and unknown fields',
      ['retry: 1\n\n: here\n\nx: y\ndata: a\n\n'],
      [message('a')],
    ],
    [
      'an event in pieces',
      ['da', 'ta: a', '\r', '\n\r', '\nda', 'ta: b\n', '\n'],
      [message('a'), message('b')],
    ],
    ['an event that is not complete', ['data: a\n\ndata: b\n'], [message('a')]],
    ['nothing', [], []],
  ])('reads %s', async (_, pieces, events) => {
    expect(await all(readSentEvents(inPieces(...pieces)))).toEqual(events);
  });
});

it('a character whose bytes come apart is read whole', async () => {
  const bytes = new TextEncoder().encode('ä\nö');
  const lines = readLines(inPieces(...[...bytes].map((byte) => Uint8Array.of(byte))));
  expect(await all(lines)).toEqual(['ä', 'ö']);
});

it('a body without a line end is one line, and an empty one has none', async () => {
  expect(await all(readLines(inPieces('a')))).toEqual(['a']);
  expect(await all(readLines(inPieces('a\n')))).toEqual(['a']);
  expect(await all(readLines(inPieces()))).toEqual([]);
});
