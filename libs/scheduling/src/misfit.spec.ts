import { expect, it } from 'vitest';
import type { Isolation } from '#libs/events';
import { planOf, planStep } from '#libs/testkit';
import { misfitOf } from './misfit.ts';

const offer = (labels: string[], isolation: Isolation = 'none', drivers = ['process']) => ({
  labels: new Set(labels),
  isolation,
  drivers,
});
const judge = (step: object, offers: ReturnType<typeof offer>[], floor: Isolation = 'none') =>
  misfitOf(planOf('p', [planStep('a', step)]), 'a', { floor, offers });

it.each([
  [
    'a label that nobody has',
    { labels: ['gpu'] },
    'no executor has the label "gpu"',
    'the labels that exist: arm64, linux, x64',
  ],
  [
    'several',
    { labels: ['gpu', 'linux', 'ssd'] },
    'no executor has the labels "gpu", "ssd"',
    'the labels that exist: arm64, linux, x64',
  ],
  [
    'labels that nobody has together',
    { labels: ['arm64', 'x64'] },
    'no executor has "arm64", "x64" together',
    'the labels that exist: arm64, linux, x64',
  ],
  [
    'an isolation that its executors do not give',
    { labels: ['arm64'], isolation: 'standard' },
    'no executor with "arm64" gives isolation: standard',
    'they give none',
  ],
  [
    'an image',
    { image: 'node:22' },
    'no executor can provide the image "node:22"',
    'their drivers (oci, process) have only image: host',
  ],
])('names %s', (_, step, message, hint) => {
  const offers = [
    offer(['linux', 'x64'], 'standard', ['oci', 'process']),
    offer(['linux', 'arm64']),
  ];
  expect(judge(step, offers)).toMatchObject({ message, hint });
});

it('names a network that nobody keeps a step from, where the file says so', () => {
  const none = { network: 'none', networkSaid: true };
  expect(judge(none, [offer([])])).toEqual({
    about: 'network',
    message: 'no executor can enforce network: none',
    hint: 'their drivers (process) keep no step from the network',
  });
  expect(judge(none, [offer([]), offer([], 'standard', ['oci'])])).toBeUndefined();
  expect(judge({ network: 'none' }, [offer([])])).toBeUndefined();
  expect(judge({ network: 'host' }, [offer([])])).toBeUndefined();
});

it('holds the floor of the run against what is there', () => {
  expect(judge({}, [offer([], 'standard')], 'strict')).toMatchObject({
    about: 'isolation',
    hint: 'they give standard',
  });
});

it.each([
  ['isolation that nobody gives', { isolation: 'strict' }, 'standard'],
  [
    'isolation that nobody gives, though nobody has the label either',
    { isolation: 'strict', labels: ['gpu'] },
    'standard',
  ],
  [
    'isolation that none with the labels gives',
    { isolation: 'standard', labels: ['arm64'] },
    'none',
  ],
  ['a label that nobody has', { isolation: 'standard', labels: ['gpu'] }, undefined],
  ['an image', { image: 'node:22' }, undefined],
])('refuses for isolation alone: %s', (_, step, strongest) => {
  const misfit = judge(step, [offer(['x64'], 'standard'), offer(['arm64'])]);
  expect(misfit).toBeDefined();
  expect(misfit?.refusal?.strongest).toBe(strongest);
});

it('says how an executor gets labels where none has any', () => {
  expect(judge({ labels: ['gpu'] }, [offer([])])?.hint).toContain('MILLRACE_LABELS');
});

it.each([
  ['fits', { labels: ['linux'], isolation: 'standard' }, [offer(['linux'], 'strict')]],
  [
    'finds an executor with images',
    { image: 'node:22' },
    [offer([]), offer([], 'none', ['docker'])],
  ],
  ['comes before any executor', { labels: ['gpu'] }, []],
] as const)('says nothing where the step %s', (_, step, offers) => {
  expect(judge(step, [...offers])).toBeUndefined();
});
