import type { RunArtifact } from '#libs/api-contract';

/** Which of a run's artifacts are meant. */
export interface ArtifactChoice {
  readonly step?: string | undefined;
  readonly attempt?: number | undefined;
}

export function chooseArtifacts(
  artifacts: readonly RunArtifact[],
  { step, attempt }: ArtifactChoice,
): readonly RunArtifact[] {
  return artifacts.filter(
    (each) =>
      (step === undefined || each.step === step) &&
      (attempt === undefined || each.attempt === attempt),
  );
}

export interface PlacedArtifact {
  readonly artifact: RunArtifact;
  /** Relative, `/` between names. No two are the same, and none is a directory of another. */
  readonly path: string;
}

/**
 * Where each artifact is stored: under its name. If a name stands for different files (of two steps, or of two attempts of
 * one) those have a directory of their step, and if needed of their attempt. Equal files are stored once.
 */
export function layOut(artifacts: readonly RunArtifact[]): readonly PlacedArtifact[] {
  const once = [
    ...new Map(artifacts.map((each) => [`${each.sha256} ${each.name}`, each])).values(),
  ];
  const clashing = clashesOf(once);
  const several = new Set(once.filter((each) => hasSeveral(each, once, clashing)).map(stepOf));
  const placed = once.map((artifact) => {
    const path = clashing.has(artifact.name) ? below(artifact, several) : artifact.name;
    return { artifact, path };
  });
  const isApart = clashesOf(placed.map(({ path, artifact }) => ({ ...artifact, name: path })));
  if (isApart.size === 0) return placed;
  // A file has the name of a step's directory: all of one attempt come from one tree.
  const steps = new Set(artifacts.map(stepOf));
  return artifacts.map((artifact) => ({ artifact, path: below(artifact, steps) }));
}

/** Names that stand for more than one file, or for a file and a directory. */
function clashesOf(artifacts: readonly RunArtifact[]): ReadonlySet<string> {
  const owners = new Map<string, RunArtifact>();
  const clashing = new Set<string>();
  for (const each of artifacts) {
    if (owners.has(each.name)) clashing.add(each.name);
    owners.set(each.name, each);
  }
  for (const { name } of artifacts) {
    for (let at = name.indexOf('/'); at !== -1; at = name.indexOf('/', at + 1)) {
      if (owners.has(name.slice(0, at))) clashing.add(name).add(name.slice(0, at));
    }
  }
  return clashing;
}

function hasSeveral(
  { step, attempt, name }: RunArtifact,
  all: readonly RunArtifact[],
  clashing: ReadonlySet<string>,
): boolean {
  return clashing.has(name) && all.some((each) => each.step === step && each.attempt !== attempt);
}

function below({ step, attempt, name }: RunArtifact, several: ReadonlySet<string>): string {
  return several.has(step) ? `${step}/attempt-${attempt}/${name}` : `${step}/${name}`;
}

function stepOf({ step }: RunArtifact): string {
  return step;
}
