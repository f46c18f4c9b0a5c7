import { type ApiClient, operations, type RunDto, type StepDto } from '#libs/api-contract';
import { formatDuration } from '#libs/kernel';
import { plainText } from '#libs/logs';
import { tailLog } from './follow-run.ts';
import { type Output, outcomeMark, table } from './output.ts';
import { describeEnd } from './run-printer.ts';

/** How much of a failing step's log is shown at the end. */
const tailLines = 20;

/** What a POSIX shell answers for a command that it does not find. */
const commandNotFound = 127;

/** The address at which a run can be seen. */
export function runUrl(client: ApiClient, run: { readonly id: string }): string {
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

/** What a person reads last: on failure the failing step's last lines and the next command. */
export async function printVerdict(client: ApiClient, run: RunDto, output: Output): Promise<void> {
  if (output.isJson) {
    output.json(runVerdict(client, run));
    return;
  }
  const { colors } = output;
  if (run.outcome !== 'success') {
    for (const id of run.failedSteps.slice(0, 3)) await printFailingStep(client, run, id, output);
  }
  const took = formatDuration(durationMs(run));
  const outcome = run.outcome ?? 'error';
  output.line();
  output.line(
    `${outcomeMark(output, outcome)} run ${run.number} of ${colors.bold(run.pipeline)}: ${outcome} in ${took}`,
  );
  if (run.failedSteps.length > 0) output.line(`  next: ${nextCommands(run)}`);
}

/** What ends a step before it runs and will again, whoever takes it: the file has to change, or the machine. */
const lasting = /\[((?:image|isolation)\.unavailable)\]/;

/** A retry is offered where it can help. */
function nextCommands(run: RunDto): string {
  const failed = run.steps.filter(({ id }) => run.failedSteps.includes(id));
  const codes = failed.map((step) => lasting.exec(step.attempts.at(-1)?.message ?? '')?.[1]);
  const [first] = codes;
  const advice =
    first !== undefined && codes.every((code) => code !== undefined)
      ? `millrace explain ${first}`
      : `millrace retry ${run.number} --failed`;
  return `${advice} · millrace logs ${run.number} ${run.failedSteps[0]}`;
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
  const lines = await tailLog(client, run.id, id, tailLines).catch(() => []);
  output.line();
  output.line(
    `${outcomeMark(output, step.outcome ?? 'error')} ${colors.bold(id)} ${describeEnd({ ...step, message: step.attempts.at(-1)?.message })}`,
  );
  for (const line of lines)
    output.line(`  ${colors.dim('│')} ${plainText(line, { colour: false })}`);
  if (step.exitCode === commandNotFound)
    output.line(
      '  127 says that a command is not in the step’s PATH; toolchains outside /usr need a setting: millrace config explain hostPath',
    );
}

/** The steps of a run as a table. */
export function stepTable(run: RunDto): string {
  const rows = run.steps.map((step) => [
    step.id,
    stepState(step),
    stepTook(step),
    String(step.attempts.length || ''),
  ]);
  return table([['STEP', 'STATE', 'TOOK', 'ATTEMPTS'], ...rows]);
}

function stepState(step: StepDto): string {
  if (step.status === 'skipped') return `skipped (${step.skipReason ?? ''})`;
  if (step.status !== 'finished') return step.status;
  const end = describeEnd({ ...step });
  return `${step.outcome}${end === '' ? '' : ` (${end})`}${step.allowFailure && step.outcome === 'failure' ? ', allowed' : ''}`;
}

function stepTook(step: StepDto): string {
  const last = step.attempts.at(-1);
  if (!last?.startedAt || !last.finishedAt) return '';
  return formatDuration(Date.parse(last.finishedAt) - Date.parse(last.startedAt));
}

function durationMs(run: RunDto): number {
  return Math.max(0, Date.parse(run.finishedAt ?? run.queuedAt) - Date.parse(run.queuedAt));
}

/** The run that RUN names. @throws ProblemError `run.not-found` */
export function loadRun(client: ApiClient, ref: string): Promise<RunDto> {
  return client.call(operations.showRun, { params: { id: ref } });
}
