import type { AttemptReport, LogSummary } from '#libs/events';
import type { ExecutorGateway } from '#libs/executor-protocol';
import { Fault, type Ids, type Timers } from '#libs/kernel';
import type { Logger } from '#libs/telemetry';
import type { AttemptContext } from './attempt-context.ts';
import { bareReport } from './attempt-report.ts';
import { retryCall } from './retry-call.ts';

export interface DeliveryParts {
  readonly gateway: ExecutorGateway;
  readonly timers: Timers;
  readonly ids: Ids;
  readonly logger: Logger;
  /** Called at once if the server declared the executor lost, so that its other attempts end, too. */
  readonly onGone: (executorId: string) => void;
}

const reportRetryDelayMsMax = 3_000;

/**
 * Closes the log and sends the report until it is acknowledged or nobody wants it. If the server refuses its content it is sent
 * once more, without details: the run must not wait for ever for an attempt that is over.
 */
export async function deliverReport(context: AttemptContext, parts: DeliveryParts): Promise<void> {
  if (!context.report || context.stopReason === 'fenced') return;
  if (context.report.message !== undefined) await context.say(context.report.message);
  const log = await closeLog(context, parts);
  const whole = log ? { ...context.report, log } : context.report;
  try {
    await finish(context, whole, parts);
  } catch (error) {
    if (context.silenced.aborted) return;
    const about = { ...context.ref, error: String(error) };
    if (isGone(error)) parts.onGone(context.executorId);
    else {
      parts.logger.error(
        about,
        'the server refused a report: it is sent again without its details',
      );
      await finish(context, bareReport(context.report), parts);
    }
  }
}

/** Also called for attempts that report nothing. Idempotent. */
export async function closeLog(
  context: AttemptContext,
  parts: Pick<DeliveryParts, 'logger'>,
): Promise<LogSummary | undefined> {
  try {
    return await context.log?.close();
  } catch (error) {
    parts.logger.error(
      { ...context.ref, error: String(error) },
      'the log of an attempt could not be closed',
    );
    return undefined;
  }
}

async function finish(context: AttemptContext, report: AttemptReport, parts: DeliveryParts) {
  const { timers, ids, gateway } = parts;
  const { accepted } = await retryCall(
    () => gateway.finished(context.executorId, { ...context.ref, report }),
    context.silenced,
    { timers, ids, delayMsMax: reportRetryDelayMsMax },
  );
  if (!accepted) parts.logger.info(context.ref, 'a report was not taken: its attempt was fenced');
}

export function isGone(error: unknown): boolean {
  return (
    error instanceof Fault &&
    (error.code === 'executor.gone' || error.code === 'executor.not-found')
  );
}
