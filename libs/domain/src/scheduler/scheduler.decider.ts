import type { PlanLookup, SchedulerEvent } from '#libs/events';
import { accept, type Decider, reject } from '#libs/kernel';

export interface SchedulerState {
  /** 0 before the first leader was elected. */
  readonly epoch: number;
  readonly holder: string | null;
}

/** A scheduler that was elected tells the log its epoch; from then on the log refuses older ones. */
export interface TakeLead {
  readonly kind: 'take-lead';
  readonly shard: number;
  readonly epoch: number;
  readonly holder: string;
}

/** The decider of a shard's leaders: epochs only grow. */
export const schedulerDecider: Decider<
  SchedulerState,
  TakeLead,
  SchedulerEvent,
  'scheduler.stale-epoch',
  PlanLookup
> = {
  initialState: { epoch: 0, holder: null },
  decide({ shard, epoch, holder }, state) {
    if (epoch === state.epoch && holder === state.holder) return accept();
    if (epoch <= state.epoch) {
      return reject(
        'scheduler.stale-epoch',
        `epoch ${epoch} of shard ${shard} is not above ${state.epoch}`,
      );
    }
    return accept({ type: 'scheduler.leader-changed', data: { shard, epoch, holder } });
  },
  evolve: (_, { data }) => ({ epoch: data.epoch, holder: data.holder }),
};
