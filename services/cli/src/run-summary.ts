import { type ApiClient } from '#libs/api-client';
import { operations, type RunDto, type RunSummary, type StepDto } from '#libs/api-contract';
import { describeEnd, failures, outcomeWords } from '#libs/events';
import { type ErrorCode, formatDuration, listed } from '#libs/kernel';
import { lastSegment, plainText } from '#libs/logs';
import { failureLines } from './failure-lines.ts';
import { type FollowedEnd, tailLog } from './follow-run.ts';
import { asCalled, type Invocation } from './invocation.ts';
import { type Output, outcomeMark, table } from './output.ts';

/** How many lines at the end of a failing step's log are searched: as many as one answer holds. */
const lookedThrough = 1_000;

/** The exit code of a POSIX shell for a command that it does not find. */
const commandNotFound = 127;

/** The address of a run in the API. It needs a token, so no browser shows it: it is printed in JSON only. */
function runUrl(client: ApiClient, run: { readonly id: string }): string {
  return `${client.baseUrl}/api/v1/runs/${run.id}`;
}

/** The last line of `run --json`, `watch --json`, `retry --json`. */
export function runVerdict(client: ApiClient, run: RunDto): object {
  return {
    run: run.id,
    number: run.number,
    outcome: run.outcome,
    failed: run.failedSteps,
    durationMs: durationMs(run),
    url: runUrl(client, run),
  };
}

/** The last words about a run that was followed; they need no server. */
export async function printEnd(
  client: ApiClient,
  { number, end }: { readonly number: number; readonly end: FollowedEnd },
  output: Output,
): Promise<void> {
  if (end.run) await printVerdict(client, end.run, output);
  else
    output.note(
      `run ${number}: ${end.outcome}; its server has ended since, \`millrace show ${number}\` shows it`,
    );
}

/** The end of what a person reads: on failure the last lines of the failing step, and the next command. */
async function printVerdict(client: ApiClient, run: RunDto, output: Output): Promise<void> {
  if (output.isJson) {
    output.json(runVerdict(client, run));
    return;
  }
  const { colors } = output;
  if (run.outcome !== 'success') {
    for (const id of run.failedSteps.slice(0, failedShown))
      await printFailingStep(client, run, id, output);
  }
  const took = formatDuration(durationMs(run));
  const outcome = run.outcome ?? 'error';
  output.line();
  output.line(
    `${outcomeMark(output, outcome)} run ${run.number} of ${colors.bold(run.pipeline)}: ${outcome} in ${took}`,
  );
  nextLines(run, output.invocation).forEach((words, at) => {
    output.line(`  ${at === 0 ? 'next:' : '     '} ${words}`);
  });
}

/** Causes that end a step before it runs, and would again on any executor: the file has to change, or the machine. */
const lasting: ReadonlySet<string | null | undefined> = new Set<ErrorCode>([
  'image.unavailable',
  'isolation.unavailable',
]);

/** How many failed steps are shown with their logs; the others are counted. */
const failedShown = 3;

/** What to do about each failed step, a command a line. A retry is offered if it can help. */
export function nextLines(run: RunDto, invocation: Invocation): readonly string[] {
  const failed = run.steps.filter(({ id }) => run.failedSteps.includes(id));
  const codes = failed.map((step) => step.attempts.at(-1)?.code);
  const advice = [
    ...(codes.some((code) => !lasting.has(code)) ? [`retry ${run.number} --failed`] : []),
    ...new Set(codes.flatMap((code) => (code && lasting.has(code) ? [`explain ${code}`] : []))),
    ...run.failedSteps.slice(0, failedShown).map((id) => `logs ${run.number} ${id}`),
  ].map((words) => asCalled(invocation, words));
  const more = run.failedSteps.length - failedShown;
  const rest = `and ${more} more: ${asCalled(invocation, `show ${run.number}`)}`;
  return failed.length === 0 ? [] : [...advice, ...(more > 0 ? [rest] : [])];
}

async function printFailingStep(
  client: ApiClient,
  run: RunDto,
  id: string,
  output: Output,
): Promise<void> {
  const step = run.steps.find((candidate) => candidate.id === id);
  if (!step || step.attempts.length === 0) return;
  const { colors } = output;
  const lines = await tailLog(client, run.id, id, lookedThrough).catch(() => []);
  // The first line names the shell and the isolation, which were shown when the step began.
  const texts = lines
    .filter(({ line, stream }) => line > 1 || stream !== 'system')
    .map(({ text }) => plainText(lastSegment(text), { colour: false }));
  const { telling, last } = failureLines(texts);
  output.line();
  output.line(
    `${outcomeMark(output, step.outcome ?? 'error')} ${colors.bold(id)} ${describeEnd(endOf(step)) || step.outcome}`,
  );
  const shown = telling.length === 0 ? last : [...telling, '…', ...last];
  for (const text of shown) output.line(`  ${colors.dim('│')} ${text}`);
  if (step.exitCode === commandNotFound)
    output.line(
      '  127 says that a command is not in the step’s PATH; toolchains outside /usr need a setting: ' +
        asCalled(output.invocation, 'config explain host_path'),
    );
}

/** How a step ended, with the message of its executor. */
function endOf(step: StepDto): Readonly<Record<string, unknown>> {
  return { ...step, message: step.attempts.at(-1)?.message };
}

/** The outcome of a step that failed or did not begin; undefined if it succeeded or has not ended. */
export function endWords(step: StepDto): string | undefined {
  if (step.status === 'skipped') return `${step.id}: ${stepState(step)}`;
  if (step.status !== 'finished' || step.outcome === 'success') return undefined;
  return `${step.id}: ${outcomeWords(endOf(step))}`;
}

/** How a run ended, with its failed steps; its status if it has not ended. */
export function endOfRun(run: RunDto): string {
  const failed = run.steps
    .filter(({ id }) => run.failedSteps.includes(id))
    .map((step) => `${step.id} (${describeEnd(endOf(step)) || step.outcome})`);
  return [
    run.cancel && run.outcome !== null ? cancelWords(run.cancel) : (run.outcome ?? run.status),
    ...(failed.length === 0 ? [] : [`failed: ${listed(failed)}`]),
  ].join('; ');
}

export function cancelWords({
  by,
  byName = by,
  reason,
}: NonNullable<RunSummary['cancel']>): string {
  return `cancelled by ${byName}${reason ? `: ${reason}` : ''}`;
}

/**
 * The steps of a run as a table.
 *
 * @param nowMs  Unix milliseconds, up to which running steps are counted; absent: their time is not shown
 */
export function stepTable(run: RunDto, nowMs?: number): string {
  const hasNames = run.steps.some(({ id, name }) => name !== id);
  const rows = run.steps.map((step) => [
    step.id,
    ...(hasNames ? [step.name === step.id ? '' : step.name] : []),
    stepState(step),
    stepTook(step, nowMs),
    String(step.attempts.length || ''),
  ]);
  return table([['STEP', ...(hasNames ? ['NAME'] : []), 'STATE', 'TOOK', 'ATTEMPTS'], ...rows]);
}

function stepState(step: StepDto): string {
  if (step.status === 'skipped') return `skipped (${step.skipReason ?? ''})`;
  if (step.status !== 'finished') return step.status;
  const isAllowed = step.allowFailure && step.outcome !== null && failures.has(step.outcome);
  return `${outcomeWords({ ...step })}${isAllowed ? ', allowed' : ''}`;
}

/** The command's own time, if it is known; the line about its end says the same. */
function stepTook(step: StepDto, nowMs: number | undefined): string {
  const last = step.attempts.at(-1);
  if (last?.usage) return formatDuration(last.usage.wallMs);
  if (!last?.startedAt) return '';
  if (last.finishedAt !== null || nowMs === undefined) return '';
  return formatDuration(Math.max(0, nowMs - Date.parse(last.startedAt)));
}

function durationMs(run: RunDto): number {
  return Math.max(0, Date.parse(run.finishedAt ?? run.queuedAt) - Date.parse(run.queuedAt));
}

/** How long a run has taken until now, or took. */
export function runTook(run: RunSummary, nowMs: number): string {
  const endMs = run.finishedAt === null ? nowMs : Date.parse(run.finishedAt);
  return formatDuration(Math.max(0, endMs - Date.parse(run.queuedAt)));
}

/** The branch or tag by its short name. */
export function shortRef({ source, trigger }: RunSummary): string {
  const ref = ('ref' in source ? source.ref : undefined) ?? trigger.ref ?? '';
  return ref.replace(/^refs\/(?:heads|tags)\//, '');
}

/** The commit that a run's files are of, or were made from: ten digits of it. */
export function shortCommit({ source }: RunSummary): string {
  const commit = 'commit' in source ? source.commit : undefined;
  if (commit === undefined) return '';
  return commit.slice(0, 10);
}

/** The run that RUN names. @throws ProblemError `run.not-found` */
export function loadRun(client: ApiClient, ref: string): Promise<RunDto> {
  return client.call(operations.showRun, { params: { id: ref } });
}
