import { z } from 'zod';

export const positionSchema = z.object({ position: z.number().int() }).meta({ id: 'Position' });
