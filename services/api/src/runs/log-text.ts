import { type LogLine, lastSegment, plainText } from '#libs/logs';

/**
 * Writes lines as text. The rest of an unfinished line is appended to it if it comes next. What a terminal would act on is left
 * out, for this is what people print on one. Of a line that overwrites itself the last words stay.
 */
export function logText(): (line: LogLine) => string {
  let open: number | undefined;
  return ({ line, text, open: isOpen }) => {
    const before = open !== undefined && open !== line ? '\n' : '';
    open = isOpen ? line : undefined;
    return `${before}${plainText(isOpen ? text : lastSegment(text), { colour: true })}${isOpen ? '' : '\n'}`;
  };
}

/** Writes lines as NDJSON. */
export function logJson(line: LogLine): string {
  return `${JSON.stringify(line)}\n`;
}

/** Text that goes out in one write: a log of empty lines would be a write for each. */
const blockChars = 32 * 1024;

/** Each piece at once; what is there in the same turn of the event loop goes together. */
export async function* inBlocks<Piece>(
  pieces: AsyncIterable<Piece>,
  textOf: (piece: Piece) => string,
): AsyncGenerator<string, void, void> {
  const iterator = pieces[Symbol.asyncIterator]();
  try {
    for (let next = iterator.next(); ; ) {
      let block = '';
      const turn = new Promise<undefined>((pass) => setImmediate(pass, undefined));
      for (
        let found: IteratorResult<Piece> | undefined = await next;
        found !== undefined;
        found = await Promise.race([next, turn])
      ) {
        if (found.done) {
          if (block !== '') yield block;
          return;
        }
        block += textOf(found.value);
        next = iterator.next();
        if (block.length >= blockChars) break;
      }
      // Its failure is heard when it is waited for.
      next.catch(() => {});
      yield block;
    }
  } finally {
    await iterator.return?.();
  }
}
