import type { Problem } from './problem.ts';
import { type MapNode, type Node, offsetAt, type Path } from './tree.ts';

/** What of GitHub and GitLab stands below `environment` where it means a place of deployment. */
const deploymentKeys = new Set([
  'name',
  'url',
  'action',
  'on_stop',
  'auto_stop_in',
  'deployment_tier',
  'deployment',
  'kubernetes',
]);
const runnerKeys = new Set(['group', 'labels']);

/**
 * Values that fit a key of ours by chance and mean something else where they come from: they must not be swallowed.
 * `path` leads to the map.
 */
export function foreignValueProblems(map: Node, path: Path, root: Node): Problem[] {
  if (map.kind !== 'map') return [];
  const problems: Problem[] = [];
  const say = (key: string, message: string, hint: string) => {
    const offset = offsetAt(root, [...path, key], 'key');
    problems.push({ code: 'schema.foreign-value', offset, message, hint });
  };
  const environment = mapAt(map, 'environment');
  if (
    environment &&
    hasOnly(environment, deploymentKeys) &&
    mapKeys(environment).includes('name')
  ) {
    const message = 'here "environment" names a place of deployment, not variables';
    say(
      'environment',
      message,
      'there are no deployments yet: leave it out; variables stand in "env"',
    );
  }
  const runner = mapAt(map, 'runs-on');
  if (runner && hasOnly(runner, runnerKeys)) {
    const message = 'here "runs-on" names a group of runners, not labels';
    say('runs-on', message, 'write labels: a list of what the executor must have');
  }
  return problems;
}

/** What to write instead of a value of the wrong kind that another system takes. */
export function foreignValueHint(path: Path, node: Node): string | undefined {
  const key = path.at(-1);
  const above = path.at(-2);
  const isVariable = above === 'env' || above === 'environment' || above === 'variables';
  if (isVariable && node.kind === 'map') {
    return mapKeys(node).includes('from_secret')
      ? 'steps get no secrets yet'
      : 'write NAME: value; what is given when a run starts is declared under inputs';
  }
  if (node.kind === 'map') return mapHint(String(key));
  if (node.kind === 'list' && ['env', 'environment', 'variables'].includes(String(key))) {
    return 'write NAME: value, one below the other';
  }
  return node.kind === 'scalar' ? scalarHint(String(key), node.written) : undefined;
}

function mapHint(key: string): string | undefined {
  if (key === 'image' || key === 'container') return 'write the name alone, such as image: node:22';
  if (key === 'allow_failure' || key === 'soft_fail') {
    return 'write true: every exit code is allowed then';
  }
  if (key === 'steps') return 'write a list: each step begins with "- id: NAME"';
  return undefined;
}

function scalarHint(key: string, written: string): string | undefined {
  if (key === 'environment') {
    return 'there are no deployments yet: leave it out; variables are a map: NAME: value';
  }
  if (written.includes('${{') && /^(?:continue-on-error|allow_failure|soft_fail)$/.test(key)) {
    return 'it is fixed in the file: write true or false';
  }
  if (key === 'timeout-minutes' || key === 'timeout_in_minutes') {
    const digits = /^(\d{1,6})m?$/.exec(written)?.[1];
    return digits === undefined ? 'write timeout: 10m' : `write timeout: ${digits}m`;
  }
  if (key === 'timeout' || key === 'backoff') return shortDuration(written);
  return undefined;
}

/** `3 hours 30 minutes` → `write 3h30m`. Nothing where the text holds anything else: half of it would be another time. */
function shortDuration(written: string): string | undefined {
  const part = /(\d{1,6})\s*(d|h|m(?!s)|s)[a-z]*[\s,]*/gi;
  if (written.length > 100 || written.replace(part, '').trim() !== '') return undefined;
  const parts = [...written.matchAll(part)];
  if (parts.length === 0) return undefined;
  return `write ${parts.map(([, count, unit]) => `${count}${unit?.toLowerCase()}`).join('')}`;
}

function mapAt(map: MapNode, key: string): MapNode | undefined {
  const value = map.entries.find((entry) => entry.key.written === key)?.value;
  return value?.kind === 'map' ? value : undefined;
}

function mapKeys(map: MapNode): string[] {
  return map.entries.map(({ key }) => key.written);
}

function hasOnly(map: MapNode, keys: ReadonlySet<string>): boolean {
  return map.entries.length > 0 && mapKeys(map).every((key) => keys.has(key));
}
