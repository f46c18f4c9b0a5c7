import { describe, expect, it } from 'vitest';
import {
  type Plan,
  type PlanStep,
  planHash,
  planSchema,
  retryRuleSchema,
  stepIdPattern,
  stepIsolation,
  stepNetwork,
} from './plan.ts';

const plan: Plan = {
  schema: 1,
  name: 'demo',
  vars: { NODE: '22' },
  inputs: { target: { type: 'enum', values: ['a', 'b'], default: 'a' } },
  steps: [
    {
      id: 'build',
      name: 'Build',
      commands: ['true'],
      env: { TARGET: ['to ', { input: 'target' }], CI: 'true' },
      dependsOn: [],
      timeoutMs: 60_000,
      retry: { max: 2, on: ['worker-lost', { exit: [75] }], backoffMs: 1_000 },
      allowFailure: false,
      labels: [],
      image: 'host',
      network: 'none',
      artifacts: ['dist/**'],
    },
  ],
};

describe('planHash', () => {
  // Runs in the log name their plan by it: another way of hashing would orphan every one of them.
  it('is the same for ever', () =>
    expect(planHash(plan)).toMatchInlineSnapshot(
      `"8ddceb1e626c4d30549d9db280c1741b9109d204b28887d5af825ba3eb047122"`,
    ));
  it('doesn’t know the order of keys', () => {
    const { steps, vars, ...rest } = plan;
    expect(planHash({ steps, ...rest, vars })).toBe(planHash(plan));
  });
  it('survives storing', () =>
    expect(planHash(planSchema.parse(JSON.parse(JSON.stringify(plan))))).toBe(planHash(plan)));
  it('is another for another plan', () =>
    expect(planHash({ ...plan, vars: { NODE: '23' } })).not.toBe(planHash(plan)));
});

it.each(['a', 'build', 'a-b_c9', `a${'x'.repeat(62)}`])('%j is a step id', (id) =>
  expect(stepIdPattern.test(id)).toBe(true),
);
it.each(['', 'A', '9a', '-a', '_a', 'a.b', 'a b', 'a\n', 'ä', `a${'x'.repeat(63)}`])(
  '%j is no step id',
  (id) => expect(stepIdPattern.test(id)).toBe(false),
);

it.each(['any', 'failure', 'error', 'timeout', 'worker-lost', { exit: [0, 255] }])(
  '%j is a retry rule',
  (rule) => expect(retryRuleSchema.safeParse(rule).success).toBe(true),
);
it.each(['success', 'worker_lost', '', { exit: [] }, { exit: [256] }, { exit: [1], more: 1 }])(
  '%j is no retry rule',
  (rule) => expect(retryRuleSchema.safeParse(rule).success).toBe(false),
);

it('a plan has no fields that are not ours', () => {
  expect(planSchema.safeParse(plan).success).toBe(true);
  expect(planSchema.safeParse({ ...plan, more: 1 }).success).toBe(false);
  expect(planSchema.safeParse({ ...plan, steps: [] }).success).toBe(false);
});

describe('what a step gets', () => {
  const step = (own: Partial<PlanStep>) => ({ ...(plan.steps[0] as PlanStep), ...own });

  it('is its own network where its file says one, else that of the run', () => {
    expect(stepNetwork(step({}), 'host')).toBe('host');
    expect(stepNetwork(step({}), 'none')).toBe('none');
    // Runs from before this was recorded.
    expect(stepNetwork(step({}), undefined)).toBe('none');
    expect(stepNetwork(step({ networkSaid: true }), 'host')).toBe('none');
    expect(stepNetwork(step({ network: 'host' }), 'none')).toBe('host');
  });

  it('is the higher floor, its own or that of the run', () => {
    expect(stepIsolation(step({}), 'standard')).toBe('standard');
    expect(stepIsolation(step({ isolation: 'strict' }), 'standard')).toBe('strict');
    expect(stepIsolation(step({ isolation: 'none' }), 'standard')).toBe('standard');
  });
});
