import { Readable, type Transform } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { Fault } from '#libs/kernel';

const formats: readonly {
  readonly name: string;
  readonly magic: Buffer;
  readonly open: () => Transform;
}[] = [
  { name: 'gzip', magic: Buffer.from([0x1f, 0x8b]), open: createGunzip },
  { name: 'zstd', magic: Buffer.from([0x28, 0xb5, 0x2f, 0xfd]), open: createZstdDecompress },
];

/** Long enough to tell them apart. */
const magicBytes = 4;

/**
 * The bytes of a tar, whether they come plain or compressed: told by how they begin, since what a sender says about
 * them is often wrong. Whoever reads bounds how many come out.
 *
 * @throws Fault `source.invalid` for compressed bytes that are not whole; an error of the stream as it is
 */
export async function* plainTar(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const source = (stream as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
  let head = Buffer.alloc(0);
  while (head.length < magicBytes) {
    const { done, value } = await source.next();
    if (done) break;
    head = Buffer.concat([head, value]);
  }
  const whole = joined(head, source);
  const format = formats.find(({ magic }) => head.subarray(0, magic.length).equals(magic));
  if (format === undefined) {
    yield* whole;
    return;
  }
  let broken: { readonly error: unknown } | undefined;
  const input = Readable.from(whole, { objectMode: false }).once('error', (error) => {
    broken = { error };
    unpack.destroy(error);
  });
  const unpack = format.open();
  try {
    yield* input.pipe(unpack) as AsyncIterable<Uint8Array>;
  } catch (cause) {
    if (broken) throw broken.error;
    throw new Fault('source.invalid', 'never', `this is not a whole ${format.name} file`, {
      cause,
    });
  } finally {
    unpack.destroy();
    input.destroy();
  }
}

async function* joined(head: Buffer, rest: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  try {
    if (head.length > 0) yield head;
    for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
  } finally {
    await rest.return?.();
  }
}
