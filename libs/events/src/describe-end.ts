/** How a step ended beside its outcome, in a few words: `exit 1`, `ended by SIGKILL`, `oom`, …; nothing where that says it all. */
export function describeEnd(end: Readonly<Record<string, unknown>>): string {
  const cause = String(end.cause ?? '');
  if (end.outcome === 'success' || end.outcome === cause) return '';
  if (cause === 'exit') return `exit ${String(end.exitCode)}`;
  if (cause === 'signal') return `ended by ${String(end.signal)}`;
  const message = end.message;
  return typeof message === 'string' && message !== ''
    ? `${cause}: ${message.split('\n', 1)[0]}`
    : cause;
}

/** How a step ended in a few words, its outcome first: `failure (exit 1)`, `timeout`. */
export function outcomeWords(end: Readonly<Record<string, unknown>>): string {
  const how = describeEnd(end);
  return `${String(end.outcome)}${how === '' ? '' : ` (${how})`}`;
}
