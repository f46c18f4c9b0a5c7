import { stepIdPattern } from '#libs/events';
import { Fault, isUuid } from '#libs/kernel';
import type { LogKey } from './log-store.ts';

/**
 * Where a key's files lie below the store's directory: `<runId>/<step>.<attempt>`. Steps hold no dot, so names
 * cannot meet; every part is checked, so no key is ever a path.
 *
 * @throws Fault `step.not-found`
 */
export function logPath(key: LogKey): string {
  const isKey = isRunId(key.runId) && stepIdPattern.test(key.step) && isAttempt(key.attempt);
  if (!isKey) throw new Fault('step.not-found', 'never', 'the key of the log is malformed');
  return `${key.runId}/${key.step}.${key.attempt}`;
}

export function isRunId(text: string): boolean {
  return isUuid(text);
}

function isAttempt(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 1;
}
