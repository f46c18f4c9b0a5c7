import { z } from 'zod';
import { openWords } from './open-words.ts';
import { pageOf } from './paging.ts';
import { logPositionSchema } from './position.ts';

const projectionBuildSchema = z
  .object({
    version: z.int32().describe('The version that the tables are of.'),
    position: logPositionSchema.describe('The last event in the tables.'),
  })
  .meta({ id: 'ProjectionBuild', description: 'New tables of a read model, not yet read from.' });

const projectionFailureSchema = z
  .object({
    position: logPositionSchema.describe('The event that it cannot take.'),
    type: z.string().describe('The type of that event.'),
    error: z.string().describe('Why it cannot take the event.'),
  })
  .meta({ id: 'ProjectionFailure', description: 'An event that a read model cannot take.' });

const skippedEventsSchema = z
  .object({
    count: z.number().int().describe('How many.'),
    newest: logPositionSchema.nullable().describe('The newest of them; null if there is none.'),
  })
  .meta({ id: 'SkippedEvents', description: 'Events that a read model has passed over.' });

export const projectionStatusSchema = z
  .object({
    name: z.string().describe('The name of the read model.'),
    version: z
      .int32()
      .describe(
        'The version of the tables that are read; of its code while there are none. A new one is built from the first event.',
      ),
    position: logPositionSchema.describe('The last event that it shows.'),
    lag: z.number().int().describe('How many events of the log it does not show yet.'),
    rebuilding: z.boolean().describe('Whether tables are built beside those that are read.'),
    status: openWords(['live', 'catching-up', 'stopped', 'building']).describe(
      '`live`: it follows the log with the others. `catching-up`: it follows the log alone until it is where the others are. `stopped`: it cannot take an event. `building`: it has no tables to read from yet.',
    ),
    build: projectionBuildSchema
      .nullable()
      .describe('The tables that are built beside those that are read; null if none are.'),
    failed: projectionFailureSchema
      .nullable()
      .describe('The event that it stopped at; null if it did not stop.'),
    skipped: skippedEventsSchema.describe(
      'The events that it passed over: what they told is not shown.',
    ),
  })
  .meta({
    id: 'ProjectionStatus',
    description: 'How far a read model is: tables that are built from the events.',
  });
export type ProjectionStatusDto = z.infer<typeof projectionStatusSchema>;
export const projectionListSchema = pageOf(projectionStatusSchema, 'ProjectionPage', 'read models');
export const projectionParamsSchema = z.object({
  name: z.string().min(1).max(64).describe('The name of the read model.'),
});
