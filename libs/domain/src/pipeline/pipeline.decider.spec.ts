import { it } from 'vitest';
import type { PipelineEvent } from '#libs/events';
import { deciderSpec } from '#libs/testkit';
import { type PipelineState, pipelineDecider, type RegisterPipeline } from './pipeline.decider.ts';

const { given } = deciderSpec<PipelineState, RegisterPipeline, PipelineEvent>(
  pipelineDecider,
  () => {
    throw new Error('only the hash of a plan is folded');
  },
);

const text = (plan: string, source = plan) => ({
  name: 'demo',
  sourceHash: source.repeat(64),
  planHash: plan.repeat(64),
  planSchema: 1,
});
const register = (plan: string, source?: string): RegisterPipeline => ({
  kind: 'register-pipeline',
  ...text(plan, source),
});
const registered = (version: number, plan: string): PipelineEvent => ({
  type: 'pipeline.registered',
  data: { version, ...text(plan) },
});

it('begins with version 1', () => given().when(register('a')).thenEvents(registered(1, 'a')));
it('raises the version with the plan', () =>
  given(registered(1, 'a'), registered(2, 'b')).when(register('c')).thenEvents(registered(3, 'c')));
it('records nothing for the same text', () =>
  given(registered(1, 'a')).when(register('a')).thenEvents());
it('records nothing for another text with the same plan', () =>
  given(registered(1, 'a')).when(register('a', 'f')).thenEvents());
it('takes an earlier plan for a new version', () =>
  given(registered(1, 'a'), registered(2, 'b')).when(register('a')).thenEvents(registered(3, 'a')));
