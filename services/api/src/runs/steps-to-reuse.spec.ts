import { describe, expect, it } from 'vitest';
import type { StepDto } from '#libs/api-contract';
import { stepsToReuse } from './steps-to-reuse.ts';

function step(id: string, outcome: StepDto['outcome'], rest: Partial<StepDto> = {}): StepDto {
  return {
    id,
    name: id,
    status: 'finished',
    outcome,
    cause: 'exit',
    exitCode: 0,
    signal: null,
    allowFailure: false,
    dependsOn: [],
    skipReason: null,
    attempts: [],
    waits: [],
    ...rest,
  };
}

const steps = [
  step('a', 'success'),
  step('b', 'failure', { dependsOn: ['a'] }),
  step('c', 'success', { dependsOn: ['a'] }),
  step('d', 'skipped', { status: 'skipped', dependsOn: ['b'], skipReason: 'dependency-failed' }),
  step('e', 'failure', { allowFailure: true }),
  step('f', 'skipped', { status: 'skipped', skipReason: 'reused' }),
];

describe('stepsToReuse', () => {
  it('repeats what did not succeed', () =>
    expect(stepsToReuse(steps)).toEqual(['a', 'c', 'e', 'f']));
  it('repeats one step and all that depends on it', () =>
    expect(stepsToReuse(steps, 'a')).toEqual(['e', 'f']));
  it('repeats a failed dependency too', () =>
    expect(stepsToReuse(steps, 'd')).toEqual(['a', 'c', 'e', 'f']));
  it('reuses everything after a success', () =>
    expect(stepsToReuse([step('a', 'success')])).toEqual(['a']));
});
