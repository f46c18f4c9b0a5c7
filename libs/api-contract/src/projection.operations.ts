import type { PublicOperation } from './operation.ts';
import { positionSchema } from './position.ts';
import { projectionListSchema, projectionParamsSchema } from './projection.ts';

/** Operations that show read models, rebuild them, and let them skip an event. */
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
      'The new tables are built beside those in use. The answer comes when they have taken their place, which takes long if the log is long; `GET /api/v1/projections` shows how far they are. The build goes on if the caller disconnects. If the server ends, only the build of a new version goes on with the next one; ask again for any other. A repeat waits for a build that is under way; after its end it builds again. Events that were skipped are tried again: one that still cannot be taken is passed over again, any other stops the build. Nothing is added to the log.',
    params: projectionParamsSchema,
    errors: ['request.not-found', 'projection.stopped', 'server.draining'],
    status: 202,
    response: positionSchema,
  },
  skipProjection: {
    id: 'skip-projection',
    method: 'POST',
    path: '/api/v1/projections/{name}/skip',
    tag: 'projections',
    requires: 'projections:rebuild',
    summary: 'Let a read model pass over the event that it stopped at',
    description:
      'The read model does not show what the event told. A rebuild and a later version of it try the event again. The answer comes when the event is passed over; the read model may stop again behind it. The event is passed over even if the caller disconnects. A repeat meanwhile gets the same answer; a later one passes over the event that the read model has stopped at since, if there is one: ask `GET /api/v1/projections` first. Nothing is added to the log.',
    params: projectionParamsSchema,
    errors: ['request.not-found', 'projection.not-stopped'],
    status: 202,
    response: positionSchema,
  },
} as const satisfies Record<string, PublicOperation>;
