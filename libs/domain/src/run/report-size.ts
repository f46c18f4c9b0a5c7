import type { AttemptReport } from '#libs/events';

/** Of the 64 KiB that an event may have, the rest is for the step's name, numbers and escapes. */
export const reportBytesMax = 60 * 1024;

/**
 * The report, or one that says why it can't be kept: an end that no event can hold would leave its step running for ever.
 * Only artifact names get that long (200 of 1,024 letters); a step whose artifacts are not recorded did not succeed.
 */
export function reportThatFits(report: AttemptReport): AttemptReport {
  if (report.artifacts === undefined) return report;
  const bytes = new TextEncoder().encode(JSON.stringify(report)).length;
  if (bytes <= reportBytesMax) return report;
  const { artifacts, ...rest } = report;
  const message = `the names of ${artifacts.length} artifacts need ${bytes} bytes, more than ${reportBytesMax}`;
  return {
    ...rest,
    outcome: rest.outcome === 'success' ? 'error' : rest.outcome,
    message: rest.outcome === 'success' ? message : (rest.message ?? message),
  };
}
