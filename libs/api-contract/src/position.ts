import { z } from 'zod';

/** The place of an event in the log: 1, 2, 3 … */
export const logPositionSchema = z.int().min(0);

export const positionSchema = z
  .object({
    position: logPositionSchema.describe(
      'The position of the last event that the command added to the log; for a command that adds none, of the last event in the log. A read with `waitFor` set to it shows the result.',
    ),
  })
  .meta({ id: 'Position', description: 'Where the result of a command stands in the log.' });

export type PositionDto = z.infer<typeof positionSchema>;
