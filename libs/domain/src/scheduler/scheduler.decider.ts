import type { PlanLookup, SchedulerEvent } from '#libs/events';
import { accept, type Decider, reject } from '#libs/kernel';

export interface SchedulerState {
  /** 0 before the first leader. */
  readonly epoch: number;
  readonly holder: string | null;
}

/** A scheduler that holds the shard's lease row makes its epoch known; from then on older epochs are refused. */
export interface TakeLead {
  readonly kind: 'take-lead';
  readonly shard: number;
  readonly epoch: number;
  readonly holder: string;
}

/** Epochs only rise. */
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
