import type { Problem } from './problem.ts';
import { topKeys } from './schema.ts';
import type { MapNode, Node } from './tree.ts';

interface ForeignFile {
  readonly what: string;
  /** The key that tells. */
  readonly key: string;
  readonly hint: string;
}

const goOn = 'millrace init writes a first file';

/**
 * A file that is wholly another system's is said to be so once: its keys one by one would be fifty answers to a question
 * that nobody asked. A file that has steps of ours is not.
 */
export function foreignFileProblem(root: Node): Problem | undefined {
  if (root.kind !== 'map') return undefined;
  const file = new TopLevel(root);
  const found = github(file) ?? circle(file) ?? drone(file) ?? woodpecker(file) ?? gitlab(file);
  if (!found) return undefined;
  return {
    code: 'schema.foreign-file',
    offset: file.keyStart(found.key),
    message: `this is a ${found.what}, not a Millrace pipeline`,
    hint: found.hint,
  };
}

class TopLevel {
  readonly map: MapNode;

  constructor(map: MapNode) {
    this.map = map;
  }

  get(key: string): Node | undefined {
    return childOf(this.map, key);
  }

  keyStart(key: string): number {
    return this.map.entries.find((entry) => entry.key.written === key)?.key.start ?? 0;
  }
}

function github(file: TopLevel): ForeignFile | undefined {
  const jobs = file.get('jobs');
  const hasJobs =
    jobs?.kind === 'map' &&
    jobs.entries.some(({ value }) => hasKey(value, 'runs-on') || hasKey(value, 'uses'));
  const isWorkflow = hasJobs || (jobs?.kind === 'map' && file.get('on') !== undefined);
  if (isWorkflow && !file.get('steps')) {
    const hint = `write one list "steps": each "run" an entry with id and cmd, "needs" as depends_on; ${goOn}`;
    return { what: 'workflow of GitHub Actions', key: 'jobs', hint };
  }
  if (hasKey(file.get('runs'), 'using')) {
    const hint = `there are no actions: write its commands in the cmd of a step; ${goOn}`;
    return { what: 'action of GitHub Actions', key: 'runs', hint };
  }
  return undefined;
}

function circle(file: TopLevel): ForeignFile | undefined {
  if (file.get('jobs')?.kind !== 'map' || file.get('steps')) return undefined;
  if (!file.get('workflows') && !file.get('orbs')) return undefined;
  const hint = `write one list "steps": each "run" an entry with id and cmd, "requires" as depends_on; ${goOn}`;
  return { what: 'configuration of CircleCI', key: 'jobs', hint };
}

function drone(file: TopLevel): ForeignFile | undefined {
  const kind = file.get('kind');
  if (kind?.kind !== 'scalar' || kind.written !== 'pipeline') return undefined;
  const hint = `write one list "steps", each entry with id and cmd; ${goOn}`;
  return { what: 'pipeline of Drone', key: 'kind', hint };
}

function woodpecker(file: TopLevel): ForeignFile | undefined {
  const key = file.get('steps') ? 'steps' : 'pipeline';
  const steps = file.get(key);
  if (!steps || steps.kind === 'scalar' || file.get('name')) return undefined;
  const list = steps.kind === 'list' ? steps.items : steps.entries.map(({ value }) => value);
  const isTheirs = (step: Node) =>
    hasKey(step, 'image') && !['id', 'key', 'identifier', 'cmd'].some((own) => hasKey(step, own));
  if (list.length === 0 || !list.every(isTheirs)) return undefined;
  const hint = `give the file a name and each step an id; image stays, "commands" is cmd, "environment" is env; ${goOn}`;
  return { what: 'workflow of Woodpecker', key, hint };
}

function gitlab(file: TopLevel): ForeignFile | undefined {
  if (file.get('steps')) return undefined;
  const hint = `write one list "steps": each job an entry with id and cmd, "needs" or "stage" as depends_on; ${goOn}`;
  const found = (key: string) => ({ what: 'pipeline of GitLab CI', key, hint });
  const job = file.map.entries.find(
    ({ key, value }) =>
      !topKeys.includes(key.written) && jobKeys.some((name) => hasKey(value, name)),
  );
  if (job) return found(job.key.written);
  if (file.get('stages')?.kind === 'list') return found('stages');
  return file.get('include') ? found('include') : undefined;
}

const jobKeys = ['script', 'stage', 'extends', 'before_script'];

function hasKey(node: Node | undefined, key: string): boolean {
  return node !== undefined && childOf(node, key) !== undefined;
}

function childOf(node: Node, key: string): Node | undefined {
  if (node.kind !== 'map') return undefined;
  return node.entries.find((entry) => entry.key.written === key)?.value;
}
