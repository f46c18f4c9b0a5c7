import type { Command } from 'commander';
import { type ApiClient } from '#libs/api-client';
import { type EventDto, operations, type RunDto, type StepDto } from '#libs/api-contract';
import { contextOf } from '../context.ts';
import { UsageError } from '../exit-codes.ts';
import { fitted, type Output } from '../output.ts';
import { loadRun, stepTable } from '../run-summary.ts';

export function addReplay(program: Command): void {
  program
    .command('replay')
    .summary('show the history of a run as a timeline, or the run as it was')
    .argument('<run>', 'uuid, number or latest')
    .option('--at <position|time>', 'the run as it was at a log position or an RFC 3339 time')
    .option('--diff <points...>', 'what changed between two positions or times: --diff A B')
    .action(
      async (ref: string, options: { at?: string; diff?: readonly string[] }, command: Command) => {
        const { output, client } = contextOf(command);
        const api = await client();
        if (options.diff !== undefined) await printDifference(api, ref, options.diff, output);
        else if (options.at !== undefined) printState(await stateAt(api, ref, options.at), output);
        else await printTimeline(api, ref, output);
      },
    );
}

function stateAt(client: ApiClient, ref: string, at: string): Promise<RunDto> {
  return client.call(operations.showRunState, { params: { id: ref }, query: { at } });
}

function printState(run: RunDto, output: Output): void {
  if (output.isJson) {
    output.json(run);
    return;
  }
  output.line(
    `run ${run.number} of ${run.pipeline} at position ${run.position}: ${run.outcome ?? run.status}`,
  );
  output.line();
  output.line(stepTable(run));
}

async function printDifference(
  client: ApiClient,
  ref: string,
  points: readonly string[],
  output: Output,
): Promise<void> {
  const [first, second] = points;
  if (first === undefined || second === undefined || points.length > 2) {
    throw new UsageError('replay.diff', '--diff takes two positions or times');
  }
  const before = await stateAt(client, ref, first);
  // `latest` may name a newer run by now.
  const after = await stateAt(client, before.id, second);
  const changes = [
    { what: 'run', from: before.outcome ?? before.status, to: after.outcome ?? after.status },
    ...after.steps.map((step, index) => ({
      what: step.id,
      from: describeStep(before.steps[index]),
      to: describeStep(step),
    })),
  ].filter(({ from, to }) => from !== to);
  for (const change of changes) {
    if (output.isJson) output.json(change);
    else output.line(`${change.what}: ${change.from} → ${change.to}`);
  }
}

function describeStep(step: StepDto | undefined): string {
  if (step === undefined) return 'unknown';
  const attempt = step.attempts.length > 1 ? ` (attempt ${step.attempts.length})` : '';
  return `${step.outcome ?? step.status}${attempt}`;
}

async function printTimeline(client: ApiClient, ref: string, output: Output): Promise<void> {
  const run = await loadRun(client, ref);
  const startMs = Date.parse(run.queuedAt);
  for await (const event of eventsOf(client, run.id)) {
    if (output.isJson) output.json(event);
    else output.line(timelineLine(event, { startMs, isCut: output.isTerminal }));
  }
}

async function* eventsOf(client: ApiClient, runId: string): AsyncIterable<EventDto> {
  let cursor: string | undefined;
  do {
    const page = await client.call(operations.listRunEvents, {
      params: { id: runId },
      query: { limit: 1000, cursor },
    });
    yield* page.items;
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
}

/** @param options.isCut  on a terminal long values are cut, and end in dots; a pipe gets all of them */
export function timelineLine(
  event: EventDto,
  { startMs, isCut }: { readonly startMs: number; readonly isCut: boolean },
): string {
  const since = ((Date.parse(event.time) - startMs) / 1000).toFixed(3);
  const { step, attempt, ...rest } = event.data as { step?: string; attempt?: number };
  const subject = step === undefined ? '' : `${step}${attempt === undefined ? '' : `#${attempt}`}`;
  return `${String(event.position).padStart(8)}  +${since.padStart(9)}s  ${event.type.padEnd(26)}  ${subject.padEnd(16)}  ${briefly(rest, isCut)}`.trimEnd();
}

const valueWidth = 60;

/** The scalar members of an event's data. */
function briefly(data: Readonly<Record<string, unknown>>, isCut: boolean): string {
  const words = (value: unknown) => String(value).replace(/\s+/g, ' ');
  return Object.entries(data)
    .filter(([, value]) => value === null || typeof value !== 'object')
    .map(([key, value]) => `${key}=${isCut ? fitted(words(value), valueWidth) : words(value)}`)
    .join(' ');
}
