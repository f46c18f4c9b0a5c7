import type { Plan } from '#libs/events';
import type { Findings } from './findings.ts';
import { aliases, type PipelineFile } from './schema.ts';
import type { Path } from './tree.ts';

/** What no executor can do for a step, and what there is instead. */
export type MisfitOf = (
  plan: Plan,
  step: string,
) =>
  | {
      readonly about: 'labels' | 'isolation' | 'image' | 'network';
      readonly message: string;
      readonly hint: string;
    }
  | undefined;

const spellings = {
  labels: aliases.labels,
  image: aliases.image,
  isolation: ['isolation'],
  network: ['network'],
} as const;

/** Warns at the key that asks for it, once where that stands in `defaults`. */
export function tellMisfits(
  plan: Plan,
  file: PipelineFile,
  { misfitOf, findings }: { readonly misfitOf?: MisfitOf; readonly findings: Findings },
): void {
  const told = new Set<string>();
  plan.steps.forEach(({ id }, index) => {
    const misfit = misfitOf?.(plan, id);
    if (!misfit) return;
    const keys = spellings[misfit.about];
    const path = pathOf(file, index, keys);
    const once = JSON.stringify([path, misfit.message]);
    if (told.has(once)) return;
    told.add(once);
    findings.add('lint.no-executor', { path }, misfit.message, misfit.hint);
  });
  if (told.size > 0) findings.drop('lint.hosted-runner');
}

function pathOf(file: PipelineFile, index: number, keys: readonly string[]): Path {
  const own = keys.find((key) => key in (file.steps?.[index] ?? {}));
  if (own !== undefined) return ['steps', index, own];
  const general = keys.find((key) => key in (file.defaults ?? {}));
  return general === undefined ? ['steps', index] : ['defaults', general];
}
