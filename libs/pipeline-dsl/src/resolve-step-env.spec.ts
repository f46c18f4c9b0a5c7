import { expect, it } from 'vitest';
import { resolveStepEnv } from './resolve-step-env.ts';

it('fills in inputs and adds vars and inputs under their names', () => {
  const step = { env: { A: 'x', B: ['to ', { input: 'target' }, '!'], C: [{ input: 'gone' }] } };
  expect(resolveStepEnv({ vars: { NODE: '22' } }, step, { target: '$(rm)' })).toEqual({
    MILLRACE_VARS_NODE: '22',
    MILLRACE_INPUTS_target: '$(rm)',
    A: 'x',
    B: 'to $(rm)!',
    C: '',
  });
});
