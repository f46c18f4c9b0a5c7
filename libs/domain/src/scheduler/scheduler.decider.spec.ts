import { it } from 'vitest';
import type { SchedulerEvent } from '#libs/events';
import { deciderSpec } from '#libs/testkit';
import { type SchedulerState, schedulerDecider, type TakeLead } from './scheduler.decider.ts';

const { given } = deciderSpec<SchedulerState, TakeLead, SchedulerEvent>(schedulerDecider, () => {
  throw new Error('leaders have no plans');
});

const take = (epoch: number, holder: string): TakeLead => ({
  kind: 'take-lead',
  shard: 0,
  epoch,
  holder,
});
const leads = (epoch: number, holder: string): SchedulerEvent => ({
  type: 'scheduler.leader-changed',
  data: { shard: 0, epoch, holder },
});

it('takes the first lead', () => given().when(take(1, 'a')).thenEvents(leads(1, 'a')));
it('passes on to a higher epoch', () =>
  given(leads(1, 'a')).when(take(2, 'b')).thenEvents(leads(2, 'b')));
it('may leave epochs out', () => given(leads(1, 'a')).when(take(7, 'b')).thenEvents(leads(7, 'b')));
it('can be repeated by its holder', () => given(leads(2, 'b')).when(take(2, 'b')).thenEvents());
it('refuses the same epoch to somebody else', () =>
  given(leads(2, 'b')).when(take(2, 'a')).thenRejected('scheduler.stale-epoch'));
it('refuses an older epoch, also to the holder', () =>
  given(leads(2, 'b')).when(take(1, 'b')).thenRejected('scheduler.stale-epoch'));
it('has no epoch 0', () => given().when(take(0, 'a')).thenRejected('scheduler.stale-epoch'));
