import type { AttemptReport } from '#libs/events';

/** An event may have 64 KiB; the rest is for the step's name, numbers and escapes. */
export const reportBytesMax = 60 * 1024;

/**
 * The report, or an error report if it is too large for an event: without any report the step would run for ever. Only
 * artifact names can get that long (200 of 1,024 letters), and a step whose artifacts are not recorded did not succeed.
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
