import { z } from 'zod';
import { defineEvent, type EventOf } from './define-event.ts';

/** A pipeline, or a new version of it, was registered. Appended by register-pipeline. */
export const PipelineRegistered = defineEvent(
  'pipeline.registered',
  1,
  z.strictObject({
    name: z.string().min(1).max(200),
    /** 1, 2, 3 …: raised when the compiled plan changes. */
    version: z.int().min(1),
    /** Hex SHA-256 of the YAML text. */
    sourceHash: z.string().regex(/^[0-9a-f]{64}$/),
    planHash: z.string().regex(/^[0-9a-f]{64}$/),
    planSchema: z.int().min(1),
  }),
);

export const pipelineEvents = [PipelineRegistered] as const;
export type PipelineEvent = EventOf<(typeof pipelineEvents)[number]>;
