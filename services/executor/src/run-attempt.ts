import type { TenantBlobs } from '#libs/blobs';
import type { AttemptReport, Cause } from '#libs/events';
import { attemptTerms } from '#libs/executor-protocol';
import { BugError, Fault } from '#libs/kernel';
import type { LogStore } from '#libs/logs';
import type { AttemptContext } from './attempt-context.ts';
import { cancelledReport, reportOfFailure } from './attempt-report.ts';
import { collectArtifacts } from './collect-artifacts.ts';
import { closeLog, type DeliveryParts, deliverReport, isGone } from './deliver-report.ts';
import { clearPlaces, prepareSandbox, type SandboxParts } from './prepare-sandbox.ts';
import { retryCall } from './retry-call.ts';
import { type CommandParts, runCommands } from './run-commands.ts';

export interface AttemptParts extends SandboxParts, CommandParts, DeliveryParts {
  readonly logs: LogStore;
  readonly blobs: TenantBlobs;
  /** Whether the registration was silent for too long: an end that is seen then may be the work of the guard. */
  readonly isSilent: (executorId: string) => boolean;
}

interface Phase {
  readonly name: string;
  /** What the report says if the phase fails. */
  readonly cause: Cause;
  readonly run: (context: AttemptContext, parts: AttemptParts) => Promise<void> | void;
}

const startRetryDelayMsMax = 3_000;

/** The opening phases, up to the end of the command. The first failure or request to stop skips the rest. */
const opening: readonly Phase[] = [
  { name: 'open the log', cause: 'start-failed', run: openLog },
  { name: 'enter the workspace', cause: 'source-failed', run: enterWorkspace },
  // The sandbox is made while the start is announced; the command runs only after both.
  { name: 'announce the start', cause: 'start-failed', run: announceStart },
  { name: 'prepare the sandbox', cause: 'start-failed', run: prepareSandbox },
  { name: 'await the start', cause: 'start-failed', run: awaitStart },
  { name: 'run the commands', cause: 'start-failed', run: runCommands },
];

/** The closing phases. All of them run, in this order, even if one fails. */
const closing: readonly Phase[] = [
  { name: 'destroy the sandbox', cause: 'start-failed', run: destroySandbox },
  { name: 'collect artifacts', cause: 'disk-limit', run: collect },
  { name: 'clear its places', cause: 'start-failed', run: clearPlaces },
  { name: 'leave the workspace', cause: 'start-failed', run: leaveWorkspace },
  { name: 'report', cause: 'start-failed', run: deliverReport },
];

/**
 * The life of one attempt. Whatever happens, its sandbox and directories are gone when this resolves, and the report was
 * acknowledged or is not wanted any more.
 *
 * @throws BugError after everything was cleared away
 */
export async function runAttempt(context: AttemptContext, parts: AttemptParts): Promise<void> {
  let bug: BugError | undefined;
  const attend = async (phase: Phase, onFailure: (error: unknown) => void) => {
    try {
      await phase.run(context, parts);
    } catch (error) {
      if (error instanceof BugError) bug ??= error;
      onFailure(error);
    }
  };
  for (const phase of opening) {
    if (context.report !== undefined || context.stopReason !== undefined) break;
    await attend(phase, (error) => failed(context, parts, { phase, error }));
    fenceIfSilent(context, parts);
  }
  context.report ??= cancelledReport;
  context.stage = 'unmounting';
  for (const phase of closing) {
    await attend(phase, (error) => complain(context, parts, { phase, error }));
  }
  await closeLog(context, parts);
  context.stage = 'gone';
  if (bug) throw bug;
}

/** An executor that was frozen goes on here before its timers report that its time was over. */
function fenceIfSilent(context: AttemptContext, parts: AttemptParts): void {
  if (parts.isSilent(context.executorId)) context.stop('fenced');
}

interface Failure {
  readonly phase: Phase;
  readonly error: unknown;
}

function failed(context: AttemptContext, parts: AttemptParts, failure: Failure): void {
  fenceIfSilent(context, parts);
  // A phase that was told to stop throws for that reason, and its end is not an error.
  if (context.stopReason !== undefined) return;
  if (isGone(failure.error)) {
    context.stop('fenced');
    parts.onGone(context.executorId);
    return;
  }
  complain(context, parts, failure);
  context.report = {
    ...reportOfFailure(failure.error, failure.phase.cause),
    ...(context.driver ? { driver: context.driver.driver } : {}),
  };
}

function complain(context: AttemptContext, parts: AttemptParts, { phase, error }: Failure): void {
  parts.logger.warn(
    { ...context.ref, phase: phase.name, error: String(error) },
    'a phase of an attempt failed',
  );
}

async function openLog(context: AttemptContext, parts: AttemptParts): Promise<void> {
  const { runId, step, attempt } = context.assignment;
  const { logBytesMax } = parts.settings;
  context.log = await parts.logs.open({ runId, step, attempt }, { bytesMax: logBytesMax });
}

/** @throws Fault of the source, `source.fetch-failed` if it takes too long */
async function enterWorkspace(context: AttemptContext, parts: AttemptParts): Promise<void> {
  const { sourceMs } = attemptTerms;
  const overdue = new AbortController();
  const cancel = parts.timers.after(sourceMs, () =>
    overdue.abort(
      new Fault(
        'source.fetch-failed',
        'never',
        `the source was not there within ${sourceMs / 60_000} minutes`,
      ),
    ),
  );
  try {
    const abort = AbortSignal.any([context.abort, overdue.signal]);
    const { path, commit, warnings } = await parts.workspaces.enter(context.assignment, abort);
    context.workspaceDir = path;
    context.commit = commit;
    context.warnings = warnings;
  } finally {
    cancel();
  }
}

function announceStart(context: AttemptContext, parts: AttemptParts): void {
  const { gateway, timers, ids } = parts;
  context.announced = retryCall(
    () => gateway.started(context.executorId, context.ref),
    context.abort,
    { timers, ids, delayMsMax: startRetryDelayMsMax },
  ).then(({ accepted }) => accepted);
  context.announced.catch(() => {});
}

async function awaitStart(context: AttemptContext): Promise<void> {
  if (!(await context.announced)) context.stop('fenced');
}

async function destroySandbox(context: AttemptContext): Promise<void> {
  try {
    await context.sandbox?.destroy();
  } catch (error) {
    context.isSandboxLeft = true;
    throw error;
  }
}

/**
 * Stores the artifacts of a step, whether it passed or not, but not of a cancelled one. A step must not hold a slot for
 * ever: what is not stored in time is left out.
 */
async function collect(context: AttemptContext, parts: AttemptParts): Promise<void> {
  const { report, workspaceDir, assignment } = context;
  if (assignment.artifacts.length === 0 || workspaceDir === undefined) return;
  if (report?.usage === undefined || context.stopReason !== undefined) return;
  if (context.isSandboxLeft) return context.say('artifacts: the sandbox did not end, none is read');
  const overdue = new AbortController();
  const cancel = parts.timers.after(attemptTerms.collectMs, () => overdue.abort());
  try {
    const { artifacts, warnings, overLimit } = await collectArtifacts({
      workspaceDir,
      patterns: assignment.artifacts,
      blobs: parts.blobs.of(assignment.tenant),
      bytesMax: parts.settings.artifactBytesMax,
      abort: AbortSignal.any([overdue.signal, context.abort]),
    });
    for (const warning of warnings) await context.say(warning);
    const kept = { ...report, artifacts: [...artifacts] };
    const late = overdue.signal.aborted
      ? `not all were stored within ${attemptTerms.collectMs / 60_000} minutes`
      : undefined;
    if (late !== undefined) await context.say(`artifacts: ${late}`);
    const exceeded = overLimit ?? late;
    const isFine = exceeded === undefined || assignment.artifactsOverLimit === 'warn';
    context.report = isFine || report.outcome !== 'success' ? kept : overdone(kept, exceeded);
  } catch (error) {
    // If its files are lost, a step that passed ends as an error; one that failed keeps its own reason.
    await context.say(`artifacts: ${reportOfFailure(error, 'disk-limit').message}`);
    if (report.outcome === 'success') {
      context.report = { ...report, ...reportOfFailure(error, 'disk-limit') };
    }
    throw error;
  } finally {
    cancel();
  }
}

/** The artifacts that fit are kept anyway: they help to see why. */
function overdone(report: AttemptReport, overLimit: string): AttemptReport {
  const message = `artifacts: ${overLimit}; over_limit: warn in the step makes this a warning`;
  const fault = new Fault('artifact.over-limit', 'never', message);
  return { ...report, ...reportOfFailure(fault, 'disk-limit') };
}

/** A workspace that a sandbox may still write to stays in use: this process neither reads nor removes it. */
async function leaveWorkspace(context: AttemptContext, parts: AttemptParts): Promise<void> {
  if (context.workspaceDir === undefined || context.isSandboxLeft) return;
  await parts.workspaces.leave(context.assignment.runId);
}
