import { didYouMean } from './did-you-mean.ts';
import type { Findings } from './findings.ts';
import { type Edge, findCycles } from './graph.ts';
import { pick } from './pick.ts';
import { aliases } from './schema.ts';
import type { StepSource } from './schema-step.ts';
import type { Path } from './tree.ts';

type Dependency = string | { readonly id: string; readonly optional?: boolean | undefined };

/**
 * The edges of the graph, in the order of `depends_on`, each once. With `order: sequential` a step also waits
 * for the one before it. Unknown steps and circles are told.
 *
 * @returns for each step the ids it waits for
 */
export function readDependencies(
  steps: readonly StepSource[],
  ids: readonly (string | undefined)[],
  { isSequential, findings }: { readonly isSequential: boolean; readonly findings: Findings },
): string[][] {
  const indexOf = new Map<string, number>();
  ids.forEach((id, index) => {
    if (id !== undefined && !indexOf.has(id)) indexOf.set(id, index);
  });
  const paths: Path[] = [];
  const edges = steps.map((step, index) => {
    const picked = pick(step, aliases.dependsOn, { path: ['steps', index], findings });
    const path = ['steps', index, picked?.key ?? 'depends_on'];
    paths.push(path);
    const dependencies = picked ? ([picked.value].flat() as Dependency[]) : [];
    const found: Edge[] = [];
    dependencies.forEach((dependency, entry) => {
      const id = typeof dependency === 'string' ? dependency : dependency.id;
      const to = indexOf.get(id);
      if (to === undefined) unknown(dependency, { path, entry, known: indexOf, findings });
      else if (!found.some((edge) => edge.to === to)) found.push({ to, entry });
    });
    if (isSequential && index > 0 && !found.some(({ to }) => to === index - 1)) {
      found.push({ to: index - 1 });
    }
    return found;
  });
  for (const cycle of findCycles(edges)) tellCycle(cycle, { ids, paths, findings });
  return edges.map((list) => list.map(({ to }) => ids[to] ?? ''));
}

function unknown(
  dependency: Dependency,
  at: { path: Path; entry: number; known: ReadonlyMap<string, number>; findings: Findings },
): void {
  const { path, entry, known, findings } = at;
  const isOptional = typeof dependency === 'object' && dependency.optional === true;
  const id = typeof dependency === 'string' ? dependency : dependency.id;
  const where = entryPath(path, entry, findings);
  const message = `there is no step "${id.slice(0, 100)}"`;
  const code = isOptional ? 'graph.optional-dependency' : 'graph.unknown-dependency';
  findings.add(
    code,
    { path: typeof dependency === 'object' ? [...where, 'id'] : where },
    message,
    didYouMean(id, known.keys()),
  );
}

function tellCycle(
  { steps, closing }: { readonly steps: readonly number[]; readonly closing: Edge },
  at: { ids: readonly (string | undefined)[]; paths: readonly Path[]; findings: Findings },
): void {
  const names = steps.map((step) => at.ids[step] ?? '?');
  // A circle of thousands of steps is told by its ends.
  const shown = names.length > 12 ? [...names.slice(0, 8), '…', ...names.slice(-3)] : names;
  const message = `these steps wait for each other: ${[...shown, names[0]].join(' → ')}`;
  const last = steps.at(-1) ?? 0;
  const path = at.paths[last] ?? ['steps'];
  if (closing.entry !== undefined) {
    at.findings.add('graph.cycle', { path: entryPath(path, closing.entry, at.findings) }, message);
  } else {
    const hint = 'with order: sequential each step waits for the one before it';
    at.findings.add('graph.cycle', { path: path.slice(0, -1) }, message, hint);
  }
}

/** `depends_on: x` has no entries: the key's value is the entry. */
function entryPath(path: Path, entry: number, findings: Findings): Path {
  return findings.isList(path) ? [...path, entry] : path;
}
