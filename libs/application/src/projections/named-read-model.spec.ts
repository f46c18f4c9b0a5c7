import { expect, it } from 'vitest';
import { allPermissions } from '#libs/api-contract';
import { defaultTenant } from '#libs/events';
import { Fault } from '#libs/kernel';
import { RebuildProjection } from './rebuild-projection.ts';
import { SkipProjection } from './skip-projection.ts';

const caller = {
  origin: { tenant: defaultTenant, actor: 'user:admin' },
  permissions: allPermissions,
};
const throwing = (fault: Fault) => {
  const act = async () => Promise.reject(fault);
  return { readModels: { rebuild: act, skip: act }, tail: { position: 1 } };
};

it.each([RebuildProjection, SkipProjection])(
  '%o of no read model says where they are listed',
  async (UseCase) => {
    const fault = new Fault('request.not-found', 'never', 'there is no read model nope');
    expect(await new UseCase(throwing(fault)).execute(caller, 'nope')).toEqual({
      ok: false,
      refusal: {
        code: 'request.not-found',
        message: fault.message,
        hint: expect.stringContaining('`millrace projections`'),
      },
    });
  },
);

it.each([RebuildProjection, SkipProjection])('%o passes other faults on', async (UseCase) => {
  const fault = new Fault('log.unavailable', 'backoff', 'away');
  await expect(new UseCase(throwing(fault)).execute(caller, 'queue')).rejects.toBe(fault);
});
