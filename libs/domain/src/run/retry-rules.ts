import type { AttemptReport, PlanStep, RetryRule } from '#libs/events';

/** How an attempt ended, as far as retry rules depend on it. */
export type Ending = Pick<AttemptReport, 'outcome' | 'cause' | 'exitCode'>;

/**
 * The first rule that matches how an attempt ended, as text for the event (`worker-lost`, `exit:75`), or undefined. No rule
 * matches a success, a skip or a cancel.
 */
export function matchingRule(
  retry: Pick<PlanStep['retry'], 'on'>,
  ending: Ending,
): string | undefined {
  const rule = retry.on.find((one) => matches(one, ending));
  if (rule === undefined) return undefined;
  return typeof rule === 'string' ? rule : `exit:${ending.exitCode}`;
}

function matches(rule: RetryRule, { outcome, cause, exitCode }: Ending): boolean {
  if (outcome === 'success' || outcome === 'skipped' || outcome === 'cancelled') return false;
  if (typeof rule === 'object') {
    return cause === 'exit' && exitCode !== undefined && rule.exit.includes(exitCode);
  }
  return rule === 'any' || rule === outcome || rule === cause;
}
