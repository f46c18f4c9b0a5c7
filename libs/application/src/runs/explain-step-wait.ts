import type { RunDto, StepDto, StepWhy } from '#libs/api-contract';
import { stepIsolation } from '#libs/events';
import type { Clock } from '#libs/kernel';
import { type Answer, accepted } from '../answer.ts';
import type { Caller, Capacity, Materials } from '../ports.ts';
import { misfitJudge } from './judge-run.ts';
import { findStep, type RunViews } from './run-views.ts';
import { explainWait } from './step-why.ts';

export interface ExplainStepWaitParts {
  readonly views: RunViews;
  readonly materials: Pick<Materials, 'loadPlan'>;
  readonly capacity: Capacity;
  readonly clock: Pick<Clock, 'nowMs'>;
}

/** Why a step waits or waited, and how it ended. */
export class ExplainStepWait {
  readonly #parts: ExplainStepWaitParts;

  constructor(parts: ExplainStepWaitParts) {
    this.#parts = parts;
  }

  /** @param run  uuid, number or `latest` */
  async execute(caller: Caller, run: string, step: string): Promise<Answer<StepWhy>> {
    const view = await this.#parts.views.find(caller, run);
    if (!view.ok) return view;
    const asked = findStep(view.value, step);
    if (!asked.ok) return asked;
    const nowMs = this.#parts.clock.nowMs();
    const labels = await this.#labelsAskedFor(view.value, asked.value);
    return accepted(explainWait(view.value, asked.value, { nowMs, labels }));
  }

  /** Names what a step waits or waited for that nobody has; while it waits, what there is as well. */
  async #labelsAskedFor(run: RunDto, step: StepDto): Promise<string> {
    const { capacity, materials } = this.#parts;
    const wait = step.waits.findLast(({ reason }) => reason === 'labels');
    if (wait === undefined) return '';
    const plan = await materials.loadPlan(run.planHash);
    if (wait.to === null) {
      const misfit = (await misfitJudge(capacity, run.isolation))(plan, step.id);
      if (misfit) return `${misfit.message} (${misfit.hint})`;
    }
    const asked = plan.steps.find(({ id }) => id === step.id);
    if (!asked) return '';
    const labels = asked.labels.map((label) => `"${label}"`).join(', ');
    const floor = stepIsolation(asked, run.isolation);
    return `no executor with ${labels === '' ? '' : `${labels} and `}isolation ${floor} was there`;
  }
}
