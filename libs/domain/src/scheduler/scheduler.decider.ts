import type { PlanLookup, SchedulerEvent } from '#libs/events';
import { accept, type Decider, reject } from '#libs/kernel';

/** Who leads a shard; epoch 0 before the first. */
export interface SchedulerState {
  readonly epoch: number;
  readonly holder: string | null;
}

export interface TakeLead {
  readonly kind: 'take-lead';
  readonly shard: number;
  /** From the lease row that was just claimed. */
  readonly epoch: number;
  readonly holder: string;
}

/** The lead of one shard. Its stream is `scheduler-<shard>`. Epochs only rise: a claim that was overtaken is refused. */
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
        `epoch ${epoch} of shard ${shard} is not newer than ${state.epoch} of ${state.holder}`,
      );
    }
    return accept({ type: 'scheduler.leader-changed', data: { shard, epoch, holder } });
  },
  evolve(_, { data }) {
    return { epoch: data.epoch, holder: data.holder };
  },
};
