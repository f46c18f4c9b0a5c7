import { PassThrough, type Readable } from 'node:stream';
import { checkSnapshot } from './check-snapshot.ts';
import { drained } from './drained.ts';

/**
 * The bytes of an upload, which end with an error if an entry is not acceptable: a store that reads from here has not stored
 * anything by then.
 *
 * @throws Fault `source.invalid`; an error of the body as it is
 */
export async function* judgedSource(body: Readable): AsyncGenerator<Uint8Array> {
  const copy = new PassThrough();
  const verdict = checkSnapshot(copy);
  // Its rejection is handled below, where it is awaited; until then it must not end the process.
  verdict.catch(() => {});
  try {
    for await (const chunk of body as AsyncIterable<Uint8Array>) {
      if (copy.destroyed) break;
      if (!copy.write(chunk)) await drained(copy);
      yield chunk;
    }
    copy.end();
    await verdict;
  } finally {
    copy.destroy();
  }
}
