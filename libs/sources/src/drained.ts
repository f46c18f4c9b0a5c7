/** A stream of Node or of tar-stream. */
type Target = NodeJS.EventEmitter & { readonly destroyed: boolean };

/** Resolves when a stream has room again, or is closed. */
export function drained(stream: Target): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      stream.removeListener('drain', done);
      stream.removeListener('close', done);
      resolve();
    };
    stream.once('drain', done);
    stream.once('close', done);
    if (stream.destroyed) done();
  });
}
