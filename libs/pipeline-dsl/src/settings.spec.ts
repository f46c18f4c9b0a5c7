import { expect, it } from 'vitest';
import { compilePipeline } from './compile.ts';

const compile = (step: string, top = '') =>
  compilePipeline(`name: a\n${top}\nsteps:\n  - { id: a, cmd: x, ${step} }\n`);
function stepOf(step: string, top = '') {
  const result = compile(step, top);
  if (!result.ok) throw new Error(result.diagnostics[0]?.message);
  return result.plan.steps[0];
}
const codesOf = (step: string, top = '') => compile(step, top).diagnostics.map(({ code }) => code);

it('has defaults: one hour, no retry, the host without network', () => {
  expect(stepOf('env: {}')).toEqual({
    id: 'a',
    name: 'a',
    commands: ['x'],
    env: {},
    dependsOn: [],
    timeoutMs: 3_600_000,
    retry: { max: 0, on: [], backoffMs: 0 },
    allowFailure: false,
    labels: [],
    image: 'host',
    network: 'none',
    artifacts: [],
  });
});

it.each([
  ['timeout: 90s', 90_000],
  ['timeout: 1h30m', 5_400_000],
  ['timeout_in_minutes: 1.5', 90_000],
  ['timeout: 7d', 604_800_000],
])('reads %s', (source, timeoutMs) => {
  expect(stepOf(source)?.timeoutMs).toBe(timeoutMs);
});

it.each([
  ['timeout: 0s', 'schema.value'],
  ['timeout: 8d', 'schema.value'],
  ['timeout: 999999999d', 'schema.value'],
  ['timeout: 10', 'schema.duration'],
  ['timeout: "10"', 'schema.duration'],
  ['timeout: -1m', 'schema.duration'],
  ['timeout_in_minutes: 0', 'schema.value'],
  ['retry: { max: 1, backoff: 2h }', 'schema.value'],
  ['retry: 1.5', 'schema.type'],
  ['retry: -1', 'schema.value'],
  ['retry: { on: [cancelled] }', 'schema.value'],
  ['network: proxy', 'schema.unsupported-value'],
  ['isolation: full', 'schema.value'],
  ['streams: both', 'schema.value'],
])('refuses %s', (source, code) => {
  expect(codesOf(source)).toEqual([code]);
});

it('tells stdout and stderr apart where that is asked for, and says nothing of it elsewhere', () => {
  const apart = 'defaults: { streams: separate }';
  expect(stepOf('streams: separate')).toHaveProperty('streams', 'separate');
  expect(stepOf('env: {}', apart)).toHaveProperty('streams', 'separate');
  // Plans of before hash as they did.
  for (const step of [
    stepOf('env: {}'),
    stepOf('streams: together'),
    stepOf('streams: together', apart),
  ])
    expect(step).not.toHaveProperty('streams');
});

it('reads retry in all its forms, with _ and - alike', () => {
  expect(stepOf('retry: 2')?.retry).toEqual({ max: 2, on: ['any'], backoffMs: 0 });
  expect(stepOf('retry: 0')?.retry).toEqual({ max: 0, on: [], backoffMs: 0 });
  expect(stepOf('retry: { on: worker_lost }')?.retry).toEqual({
    max: 1,
    on: ['worker-lost'],
    backoffMs: 0,
  });
  expect(stepOf('retry: { max: 3, on: [pids-limit, { exit: 75 }], backoff: 5s }')?.retry).toEqual({
    max: 3,
    on: ['pids-limit', { exit: [75] }],
    backoffMs: 5000,
  });
});

it('takes what a step does not say from defaults', () => {
  const top = 'defaults: { image: node, network: host, isolation: strict, retry: 1, tags: [x] }';
  expect(stepOf('labels: [y]', top)).toMatchObject({
    image: 'node',
    network: 'host',
    isolation: 'strict',
    retry: { max: 1 },
    labels: ['y'],
  });
});

it('keeps labels as they are written, sorted and once each', () => {
  expect(stepOf('labels: [b, 1, a, b]')?.labels).toEqual(['1', 'a', 'b']);
  expect(stepOf('agents: { cuda: 12.10 }')?.labels).toEqual(['cuda=12.10']);
});

it('keeps apart a network that is said to be none and one of which nothing is said', () => {
  const networkOf = (step: string, top = '') => {
    const { network, networkSaid } = stepOf(step, top) ?? {};
    return [network, networkSaid];
  };
  const without = 'defaults: { network: none }';
  expect(networkOf('env: {}')).toEqual(['none', undefined]);
  expect(networkOf('network: none')).toEqual(['none', true]);
  expect(networkOf('env: {}', without)).toEqual(['none', true]);
  expect(networkOf('network: host', without)).toEqual(['host', undefined]);
});
