import type { DiagnosticDto } from '#libs/api-contract';
import type { Plan } from '#libs/events';
import { compilePipeline } from '#libs/pipeline-dsl';
import { type Answer, accepted, refused } from '../answer.ts';

/** A pipeline's text as the plan that it means, or `pipeline.invalid` with every diagnostic. */
export function compilePlan(
  yaml: string,
): Answer<{ readonly plan: Plan; readonly diagnostics: readonly DiagnosticDto[] }> {
  const compiled = compilePipeline(yaml, { file: '.millrace.yaml' });
  const { diagnostics } = compiled;
  if (compiled.ok) return accepted({ plan: compiled.plan, diagnostics });
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  const [first] = errors;
  const where = first
    ? `${first.file}:${first.line}:${first.column}: ${first.message}`
    : 'the pipeline is not valid';
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : '';
  return refused({ code: 'pipeline.invalid', message: `${where}${more}`, diagnostics });
}
