import { z } from 'zod';
import type { Operation } from './operation.ts';
import { positionSchema } from './position.ts';
import { projectionListSchema } from './projection.ts';

/** Operations that show and rebuild read models. */
export const projectionOperations = {
  listProjections: {
    id: 'list-projections',
    method: 'GET',
    path: '/api/v1/projections',
    tag: 'projections',
    requires: 'projections:read',
    summary: 'List the read models and how far they are',
    status: 200,
    response: projectionListSchema,
  },
  rebuildProjection: {
    id: 'rebuild-projection',
    method: 'POST',
    path: '/api/v1/projections/{name}/rebuild',
    tag: 'projections',
    requires: 'projections:rebuild',
    summary: 'Build a read model again from the first event',
    params: z.object({ name: z.string().min(1).max(64) }),
    status: 202,
    response: positionSchema,
  },
} as const satisfies Record<string, Operation>;
