import type { RunStarted } from '#libs/api-contract';
import { streamId, streamName, type TenantId } from '#libs/events';
import { invariant, uuidFromName } from '#libs/kernel';
import type { CommandLog } from '../ports.ts';

/** What a command started. */
export interface StartedBefore {
  readonly started: RunStarted;
  /** The run that it repeats. */
  readonly retryOf: string | undefined;
}

/** The answer to a command that started a run, if the log has it. */
export async function startedBefore(
  log: Pick<CommandLog, 'findStartedRun' | 'readStream'>,
  commandId: string | undefined,
): Promise<StartedBefore | undefined> {
  const runId = commandId === undefined ? undefined : await log.findStartedRun(commandId);
  if (runId === undefined) return undefined;
  const stream = streamName('run', runId);
  const history = await log.readStream(stream);
  const events = history.filter((event) => event.commandId === commandId);
  const last = events.at(-1);
  if (!last) return undefined;
  const [queued] = history;
  const retryOf = queued?.type === 'run.queued' ? queued.data.retryOf : undefined;
  return { started: runStartedOf({ stream, position: last.position, events }), retryOf };
}

/** Run id and number as the log has them: of the first answer if the command was a repeat. */
export function runStartedOf(answer: {
  readonly stream: string;
  readonly position: number;
  readonly events: readonly { readonly type: string; readonly data: unknown }[];
}): RunStarted {
  const queued = answer.events.find((event) => event.type === 'run.queued');
  invariant(queued, `the answer of ${answer.stream} has no run.queued`);
  const { runNumber } = queued.data as { runNumber: number };
  return { id: streamId('run', answer.stream), number: runNumber, position: answer.position };
}

/** A pipeline's id: the same tenant and name give the same pipeline. */
export function pipelineIdOf(tenant: TenantId, name: string): string {
  return uuidFromName('pipeline', tenant, name);
}
