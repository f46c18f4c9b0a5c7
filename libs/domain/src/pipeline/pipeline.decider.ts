import type { PipelineEvent, PlanLookup } from '#libs/events';
import { accept, type Decider } from '#libs/kernel';

/** A pipeline in its newest version. */
export interface KnownPipeline {
  readonly status: 'registered';
  readonly name: string;
  /** 1, 2, 3 …: raised when the compiled plan changes. */
  readonly version: number;
  readonly sourceHash: string;
  readonly planHash: string;
}
export type PipelineState = { readonly status: 'unknown' } | KnownPipeline;

export interface RegisterPipeline {
  readonly kind: 'register-pipeline';
  readonly name: string;
  /** Hex SHA-256 of the YAML text. */
  readonly sourceHash: string;
  readonly planHash: string;
  /** `plan.schema` of the compiled plan. */
  readonly planSchema: number;
}

/** A pipeline's versions. Its stream is `pipeline-<id>`. Text that compiles to the same plan is no new version. */
export const pipelineDecider: Decider<
  PipelineState,
  RegisterPipeline,
  PipelineEvent,
  never,
  PlanLookup
> = {
  initialState: { status: 'unknown' },
  decide({ name, sourceHash, planHash, planSchema }, state) {
    if (state.status === 'registered' && state.planHash === planHash) return accept();
    const version = state.status === 'registered' ? state.version + 1 : 1;
    const data = { name, version, sourceHash, planHash, planSchema };
    return accept({ type: 'pipeline.registered', data });
  },
  evolve(_, { data }) {
    const { name, version, sourceHash, planHash } = data;
    return { status: 'registered', name, version, sourceHash, planHash };
  },
};
