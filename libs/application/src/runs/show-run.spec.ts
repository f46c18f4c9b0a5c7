import { describe, expect, it } from 'vitest';
import { allPermissions, type RunDto } from '#libs/api-contract';
import { defaultTenant } from '#libs/events';
import { Fault } from '#libs/kernel';
import { accepted } from '../answer.ts';
import { ShowRun, type ShowRunParts } from './show-run.ts';

const caller = {
  origin: { tenant: defaultTenant, actor: 'user:admin' },
  permissions: allPermissions,
};

function show(showRun: ShowRunParts['readModels']['showRun']) {
  const runOf = (from: string) =>
    ({ pipeline: from, trigger: { actor: 'user:admin' }, cancel: null }) as RunDto;
  const parts = {
    readModels: { showRun },
    reading: {
      refuseByAge: async () => undefined,
      runId: async () => accepted('run'),
    },
    people: { namesOf: async () => new Map() },
    views: { load: async () => accepted(runOf('the log')) },
  } as unknown as ShowRunParts;
  return new ShowRun(parts).execute(caller, 'run', {});
}

describe('a run is folded from the log', () => {
  it('while a read model that shows it has stopped', async () => {
    const stopped = new Fault('read-models.stopped', 'never', 'read model x stopped');
    expect(await show(() => Promise.reject(stopped))).toMatchObject({
      ok: true,
      value: { pipeline: 'the log' },
    });
  });

  it('where the read models do not have it yet', async () => {
    expect(await show(async () => undefined)).toMatchObject({ value: { pipeline: 'the log' } });
  });
});

it('other failures of the read models are not hidden', async () => {
  const built = new Fault('read-models.not-ready', 'backoff', 'they are built');
  await expect(show(() => Promise.reject(built))).rejects.toBe(built);
});
