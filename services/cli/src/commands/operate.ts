import type { Command } from 'commander';
import { operations, type ProjectionStatusDto } from '#libs/api-contract';
import { contextOf } from '../context.ts';
import { asCalled, type Invocation } from '../invocation.ts';
import { table } from '../output.ts';

export function addExecutors(program: Command): void {
  const executors = program
    .command('executors')
    .summary('list executors, or drain one')
    .option('--all', 'lost ones too')
    .action(async (options: { all?: boolean }, command: Command) => {
      const { output, lister } = contextOf(command);
      const page = await (await lister())?.call(operations.listExecutors, {
        query: { all: options.all, limit: 1000 },
      });
      if (page === undefined) return;
      if (output.isJson) for (const executor of page.items) output.json(executor);
      else {
        const rows = page.items.map((item) => [
          item.id,
          item.name,
          item.status,
          `${item.busy}/${item.slots}`,
          item.drivers.join(','),
          item.labels.join(','),
        ]);
        output.line(table([['EXECUTOR', 'NAME', 'STATE', 'BUSY', 'DRIVERS', 'LABELS'], ...rows]));
      }
    });
  executors
    .command('drain')
    .summary('give an executor no new steps')
    .argument('<id>', 'uuid of the executor')
    .action(async (id: string, _options, command: Command) => {
      const { output, client } = contextOf(command);
      const api = await client({ missing: 'executor.not-found' });
      const answer = await api.call(operations.drainExecutor, { params: { id } });
      if (output.isJson) output.json(answer);
      else output.line(`executor ${id} gets no new steps`);
    });
}

export function addProjections(program: Command): void {
  const projections = program
    .command('projections')
    .summary('list the read models and how far they are; rebuild one, or let it skip an event')
    .action(async (_options, command: Command) => {
      const { output, lister } = contextOf(command);
      const page = await (await lister())?.call(operations.listProjections);
      if (page === undefined) return;
      if (output.isJson) for (const item of page.items) output.json(item);
      else {
        const rows = page.items.map((item) => [
          item.name,
          String(item.version),
          String(item.position),
          String(item.lag),
          String(item.skipped.count),
          projectionState(item),
        ]);
        output.line(
          table([['READ MODEL', 'VERSION', 'POSITION', 'LAG', 'SKIPPED', 'STATE'], ...rows]),
        );
        for (const { name, failed, skipped } of page.items) {
          if (failed)
            for (const line of stoppedLines(name, failed, output.invocation)) output.line(line);
          if (skipped.count > 0)
            for (const line of skippedLines(name, skipped, output.invocation)) output.line(line);
        }
      }
    });
  projections
    .command('rebuild')
    .summary('build a read model again from the first event')
    .argument('<name>', 'as listed')
    .action(async (name: string, _options, command: Command) => {
      const { output, client } = contextOf(command);
      const api = await client({ missing: 'request.not-found' });
      const answer = await api.call(operations.rebuildProjection, { params: { name } });
      if (output.isJson) output.json(answer);
      else output.line(`${name} was rebuilt`);
    });
  projections
    .command('skip')
    .summary('let a stopped read model pass over the event that it cannot take')
    .argument('<name>', 'as listed')
    .addHelpText('after', skipHelp)
    .action(async (name: string, _options, command: Command) => {
      const { output, client } = contextOf(command);
      const api = await client({ missing: 'request.not-found' });
      const answer = await api.call(operations.skipProjection, { params: { name } });
      if (output.isJson) output.json(answer);
      else output.line(`${name} goes on behind the event`);
    });
}

const skipHelp = `
What the event told is not shown by this read model, and what follows from it may be shown wrong: a run whose end
was passed over is listed as running. No event is lost, and other read models show it. Rebuild the read model first,
which loses nothing. A rebuild tries the event again, and passes over it again if it still cannot be taken; a later
version of the read model tries it again, too.`;

/** What a read model stopped at, and what to do about it: first what loses nothing. */
export function stoppedLines(
  name: string,
  { position, type, error }: NonNullable<ProjectionStatusDto['failed']>,
  invocation: Invocation,
): readonly string[] {
  return [
    `${name} cannot take event ${position} (${type}): ${error}`,
    `  next: ${asCalled(invocation, `projections rebuild ${name}`)}`,
    `  then, if it stops again: ${asCalled(invocation, 'projections skip --help')}`,
  ];
}

/** What a read model does not show, and how to try it again. */
export function skippedLines(
  name: string,
  { count, newest }: ProjectionStatusDto['skipped'],
  invocation: Invocation,
): readonly string[] {
  const what =
    count === 1
      ? `the event at ${newest}: what it told`
      : `${count} events, the newest at ${newest}: what they told`;
  return [
    `${name} has passed over ${what} is not shown`,
    `  to try again once the cause is mended: ${asCalled(invocation, `projections rebuild ${name}`)}`,
  ];
}

/** `live`, `rebuilding 41%`, `stopped`: what an operator looks for first. */
function projectionState({ status, build, position, lag }: ProjectionStatusDto): string {
  if (build === null || status === 'stopped') return status;
  const head = Math.max(1, position + lag);
  const percent = Math.min(100, Math.floor((100 * build.position) / head));
  return `${status === 'building' ? 'building' : 'rebuilding'} ${percent}%`;
}
