import type { Command } from 'commander';
import { followEvents } from '#libs/api-client';
import { type EventDto, operations } from '#libs/api-contract';
import { contextOf } from '../context.ts';
import { fitted, type Output } from '../output.ts';
import { wholeNumber } from '../parse-number.ts';

interface EventOptions {
  readonly after: number;
  readonly follow?: boolean;
  readonly limit?: number;
  readonly types?: string;
}

export function addEvents(program: Command): void {
  program
    .command('events')
    .summary('print the log, oldest first')
    .option(
      '--after <position>',
      'begin behind this position',
      wholeNumber(0, Number.MAX_SAFE_INTEGER),
      0,
    )
    .option('-f, --follow', 'go on with what comes')
    .option('--limit <n>', 'at most this many', wholeNumber(1, 1_000_000))
    .option('--types <list>', 'only these types, separated by commas')
    .action(async (options: EventOptions, command: Command) => {
      const { output, lister } = contextOf(command);
      const api = await lister();
      if (api === undefined) return;
      let left = options.limit ?? Number.POSITIVE_INFINITY;
      let after = options.after;
      let cursor: string | null | undefined;
      while (left > 0 && cursor !== null) {
        const limit = Math.min(left, 1000);
        const page = await api.call(operations.listEvents, {
          query: { after, limit, types: options.types, cursor },
        });
        for (const event of page.items) printEvent(event, output);
        left -= page.items.length;
        after = page.items.at(-1)?.position ?? after;
        cursor = page.next;
      }
      if (!options.follow || left <= 0) return;
      const types = options.types?.split(',');
      for await (const event of followEvents(api, {
        after,
        signal: new AbortController().signal,
        ...(types ? { types } : {}),
      })) {
        printEvent(event, output);
        left -= 1;
        if (left <= 0) return;
      }
    });
}

const valueWidth = 160;

function printEvent(event: EventDto, output: Output): void {
  if (output.isJson) output.json(event);
  else output.line(eventLine(event, output.isTerminal));
}

/** @param isCut  on a terminal long data are cut, and end in dots; a pipe gets all of them */
export function eventLine(event: EventDto, isCut: boolean): string {
  const text = JSON.stringify(event.data);
  return `${String(event.position).padStart(8)}  ${event.time}  ${event.type.padEnd(26)}  ${event.stream}  ${isCut ? fitted(text, valueWidth) : text}`;
}
