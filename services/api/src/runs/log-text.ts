import { type LogLine, lastSegment, plainText } from '#libs/logs';

/**
 * Writes lines as text. The rest of an unfinished line is appended to it if it comes next. Control characters other than colours are left out, since
 * people print this on terminals. If a line overwrites itself, its last text is kept.
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

/** About how many characters go out in one write: a log of empty lines would be a write for each. */
const blockChars = 32 * 1024;

/** Sends each piece at once; pieces of the same turn of the event loop go out together. */
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
      // Its failure is handled when it is awaited.
      next.catch(() => {});
      yield block;
    }
  } finally {
    await iterator.return?.();
  }
}
