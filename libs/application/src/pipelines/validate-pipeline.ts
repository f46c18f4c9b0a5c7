import type { Validation } from '#libs/api-contract';
import { type BoundSettings, grantRun, runBounds } from '#libs/domain';
import { compilePipeline } from '#libs/pipeline-dsl';
import type { Caller, Capacity } from '../ports.ts';
import { misfitJudge } from '../runs/judge-run.ts';

export interface ValidatePipelineParts {
  readonly capacity: Capacity;
  readonly settings: BoundSettings;
}

/** Says what is wrong with a pipeline, for runs as this caller would start them. Nothing is stored. */
export class ValidatePipeline {
  readonly #parts: ValidatePipelineParts;

  constructor(parts: ValidatePipelineParts) {
    this.#parts = parts;
  }

  async execute(
    { permissions }: Pick<Caller, 'permissions'>,
    { yaml, file }: { readonly yaml: string; readonly file: string },
  ): Promise<Validation> {
    const { capacity, settings } = this.#parts;
    const { isolation } = grantRun(runBounds(settings, permissions.has('runs:use-host')), {});
    const misfitOf = await misfitJudge(capacity, isolation);
    const compiled = compilePipeline(yaml, { file, misfitOf });
    return { valid: compiled.ok, diagnostics: [...compiled.diagnostics] };
  }
}
