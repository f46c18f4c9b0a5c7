import type { PublicOperation } from './operation.ts';
import { positionSchema } from './position.ts';
import { projectionListSchema, projectionParamsSchema } from './projection.ts';

/** Operations that show and rebuild read models. */
export const projectionOperations = {
  listProjections: {
    id: 'list-projections',
    method: 'GET',
    path: '/api/v1/projections',
    tag: 'projections',
    requires: 'projections:read',
    summary: 'List the read models and how far they are',
    description: 'Reads of everything but events and logs are answered by the read models.',
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
    description:
      'The new tables are built beside those in use and take their place when they are complete. The answer does not wait for that.',
    params: projectionParamsSchema,
    errors: ['request.not-found'],
    status: 202,
    response: positionSchema,
  },
} as const satisfies Record<string, PublicOperation>;
