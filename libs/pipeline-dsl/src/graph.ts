/** An edge of the graph: `from` waits for `to`. Indexes into the list of steps. */
export interface Edge {
  readonly to: number;
  /** Which entry of `depends_on` says so; undefined where `order: sequential` does. */
  readonly entry?: number;
}

export interface Cycle {
  /** Indexes along the circle, without repeating the first at the end. */
  readonly steps: readonly number[];
  /** The edge that closes it: from the last step to the first. */
  readonly closing: Edge;
}

/** One circle for every edge that closes one in a walk in file order. Iterative: chains may be 10,000 long. */
export function findCycles(edges: readonly (readonly Edge[])[]): Cycle[] {
  const cycles: Cycle[] = [];
  const done = new Uint8Array(edges.length);
  const placeOnPath = new Int32Array(edges.length).fill(-1);
  for (let root = 0; root < edges.length; root += 1) {
    if (done[root]) continue;
    const path: { step: number; next: number }[] = [];
    const enter = (step: number) => {
      placeOnPath[step] = path.length;
      path.push({ step, next: 0 });
    };
    enter(root);
    for (let top = path.at(-1); top; top = path.at(-1)) {
      const edge = edges[top.step]?.[top.next];
      top.next += 1;
      if (!edge) {
        done[top.step] = 1;
        placeOnPath[top.step] = -1;
        path.pop();
        continue;
      }
      const place = placeOnPath[edge.to] ?? -1;
      if (place >= 0) {
        cycles.push({ steps: path.slice(place).map(({ step }) => step), closing: edge });
      } else if (!done[edge.to]) {
        enter(edge.to);
      }
    }
  }
  return cycles;
}

/**
 * The steps by level: those of a level wait only for levels before it, so they can run beside each other.
 * File order inside a level. The graph has no circles.
 */
export function levelsOf<S extends { readonly id: string; readonly dependsOn: readonly string[] }>(
  steps: readonly S[],
): S[][] {
  const waiting = new Map<string, number>();
  const dependants = new Map<string, S[]>();
  for (const step of steps) {
    waiting.set(step.id, step.dependsOn.length);
    for (const id of step.dependsOn) {
      const list = dependants.get(id);
      if (list) list.push(step);
      else dependants.set(id, [step]);
    }
  }
  const order = new Map(steps.map((step, index) => [step.id, index]));
  const levels: S[][] = [];
  let level = steps.filter((step) => step.dependsOn.length === 0);
  while (level.length > 0) {
    levels.push(level);
    const next: S[] = [];
    for (const step of level) {
      for (const dependant of dependants.get(step.id) ?? []) {
        const left = (waiting.get(dependant.id) ?? 0) - 1;
        waiting.set(dependant.id, left);
        if (left === 0) next.push(dependant);
      }
    }
    level = next.sort((a, b) => (order.get(a.id) ?? 0) - (order.get(b.id) ?? 0));
  }
  return levels;
}
