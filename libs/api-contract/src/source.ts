import { z } from 'zod';

export const sourceUploadedSchema = z
  .object({ digest: z.string(), size: z.number().int() })
  .meta({ id: 'SourceUploaded' });

export type SourceUploaded = z.infer<typeof sourceUploadedSchema>;
