/** A broken precondition is a bug: nobody catches it, the process drains and exits. */
export class BugError extends Error {
  override readonly name = 'BugError';
}

export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new BugError(message);
}

/** The end of an exhaustive switch. */
export function assertNever(value: never): never {
  throw new BugError(`unexpected value ${JSON.stringify(value)}`);
}
