import { Controller, Inject } from '@nestjs/common';
import {
  operations,
  type Page,
  type RunDto,
  type RunSummary,
  type StepDto,
  type StepWhy,
} from '#libs/api-contract';
import { misfitJudge } from '#libs/application';
import { stepIsolation } from '#libs/events';
import { API_PARTS, type ApiParts } from '../api.parts.ts';
import { HttpProblem } from '../http/http-problem.ts';
import { withNextLink } from '../http/next-link.ts';
import { requireRunId, waitForReads } from '../http/reading.ts';
import { type Call, Input, Route } from '../http/route.ts';
import { type HistoryEnd, loadRunView, requireStep } from './load-run-view.ts';
import { explainWait } from './step-why.ts';

/** Lists and shows runs. */
@Controller()
export class ReadRunsController {
  constructor(@Inject(API_PARTS) private readonly parts: ApiParts) {}

  @Route(operations.listRuns)
  async list(
    @Input(operations.listRuns) call: Call<typeof operations.listRuns>,
  ): Promise<Page<RunSummary>> {
    await waitForReads(this.parts, call.query);
    return withNextLink(call, await this.parts.read.listRuns(call.query));
  }

  @Route(operations.showRun)
  async show(@Input(operations.showRun) call: Call<typeof operations.showRun>): Promise<RunDto> {
    await waitForReads(this.parts, call.query);
    const runId = await requireRunId(this.parts, call.params.id);
    return requireRun(await this.parts.read.showRun(runId), runId);
  }

  @Route(operations.showRunState)
  async state(
    @Input(operations.showRunState) call: Call<typeof operations.showRunState>,
  ): Promise<RunDto> {
    const runId = await requireRunId(this.parts, call.params.id);
    return loadRunView(this.parts, runId, historyEnd(call.query.at));
  }

  @Route(operations.explainStepWait)
  async why(
    @Input(operations.explainStepWait) call: Call<typeof operations.explainStepWait>,
  ): Promise<StepWhy> {
    const runId = await requireRunId(this.parts, call.params.id);
    const run = await loadRunView(this.parts, runId);
    const step = requireStep(run, call.params.step);
    const nowMs = this.parts.clock.nowMs();
    return explainWait(run, step, { nowMs, labels: await this.labelsAskedFor(run, step) });
  }

  /** Names what a step waits or waited for that nobody has; while it waits, what there is as well. */
  private async labelsAskedFor(run: RunDto, step: StepDto): Promise<string> {
    const wait = step.waits.findLast(({ reason }) => reason === 'labels');
    const plan = wait && (await this.parts.findPlan(run.planHash));
    if (!plan) return '';
    if (wait.to === null) {
      const misfit = (await misfitJudge(this.parts.capacity, run.isolation))(plan, step.id);
      if (misfit) return `${misfit.message} (${misfit.hint})`;
    }
    const asked = plan.steps.find(({ id }) => id === step.id);
    if (!asked) return '';
    const labels = asked.labels.map((label) => `"${label}"`).join(', ');
    const floor = stepIsolation(asked, run.isolation);
    return `no executor with ${labels === '' ? '' : `${labels} and `}isolation ${floor} was there`;
  }
}

function requireRun(run: RunDto | undefined, runId: string): RunDto {
  if (!run) throw new HttpProblem('run.not-found', `there is no run ${runId}`);
  return run;
}

/** `at` is a position (digits only) or an RFC 3339 instant; absent means now. */
function historyEnd(at: string | undefined): HistoryEnd {
  if (at === undefined) return {};
  if (/^\d{1,15}$/.test(at)) return { position: Number(at) };
  const isInstant =
    /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2})$/.test(at);
  if (isInstant && !Number.isNaN(Date.parse(at))) return { time: at };
  throw new HttpProblem('request.invalid', 'at must be a position or an RFC 3339 time', {
    errors: [{ pointer: '/query/at', detail: 'expected a position or an RFC 3339 time' }],
  });
}
