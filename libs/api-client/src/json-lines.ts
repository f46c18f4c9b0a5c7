import type { z } from 'zod';
import { readLines } from './sent-events.ts';

/** The objects of a response with one JSON object a line, as they come. */
export async function* readJsonLines<Schema extends z.ZodType>(
  response: Response,
  schema: Schema,
): AsyncIterable<z.output<Schema>> {
  for await (const line of readLines(response)) {
    if (line !== '') yield schema.parse(JSON.parse(line));
  }
}
