import type { PipelineEvent, PlanLookup } from '#libs/events';
import { accept, type Decider } from '#libs/kernel';

export interface PipelineState {
  /** 0 if the pipeline is unknown. */
  readonly version: number;
  readonly planHash: string | null;
}

/** Registers a compiled pipeline. Its version rises if the plan changes; another text with the same plan changes nothing. */
export interface RegisterPipeline {
  readonly kind: 'register-pipeline';
  readonly name: string;
  readonly sourceHash: string;
  readonly planHash: string;
  readonly planSchema: number;
}

export interface PipelineDecider
  extends Decider<PipelineState, RegisterPipeline, PipelineEvent, never, PlanLookup> {}

export const pipelineDecider: PipelineDecider = {
  initialState: { version: 0, planHash: null },
  decide({ name, sourceHash, planHash, planSchema }, state) {
    if (state.planHash === planHash) return accept();
    const version = state.version + 1;
    return accept({
      type: 'pipeline.registered',
      data: { name, version, sourceHash, planHash, planSchema },
    });
  },
  evolve: (_, { data }) => ({ version: data.version, planHash: data.planHash }),
};
