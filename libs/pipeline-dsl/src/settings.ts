import type { PlanShell, PlanStep, RetryRule } from '#libs/events';
import { parseDurationMs } from '#libs/kernel';
import { fillVars, type TextScope } from './env-values.ts';
import type { Findings } from './findings.ts';
import { limits } from './limits.ts';
import { pick } from './pick.ts';
import { aliases } from './schema.ts';
import type { StepSource } from './schema-step.ts';
import type { Path } from './tree.ts';

/** What a step may say and what `defaults` may say for all. */
export interface Settings {
  readonly timeoutMs?: number;
  readonly retry?: PlanStep['retry'];
  readonly labels?: string[];
  readonly image?: string;
  readonly network?: PlanStep['network'];
  readonly isolation?: NonNullable<PlanStep['isolation']>;
  readonly streams?: NonNullable<StepSource['streams']>;
  readonly shell?: PlanShell;
}

type SettingsSource = Pick<StepSource, 'retry' | 'network' | 'isolation' | 'streams' | 'shell'>;

/** Reads the settings of a step or of `defaults`; what is not said is absent. */
export function readSettings(source: SettingsSource, path: Path, scope: TextScope): Settings {
  const where = { path, findings: scope.findings };
  const timeout = pick(source, aliases.timeout, where);
  const labels = pick(source, aliases.labels, where);
  const image = pick(source, aliases.image, where);
  if (labels?.key === 'runs-on') lintHostedRunner(labels.value, [...path, labels.key], scope);
  const { retry, network, isolation, streams, shell } = source;
  return {
    ...(timeout && {
      timeoutMs: readTimeout(timeout.value, [...path, timeout.key], scope.findings),
    }),
    ...(retry !== undefined && { retry: readRetry(retry, [...path, 'retry'], scope.findings) }),
    ...(labels && { labels: readLabels(labels.value, [...path, labels.key], scope) }),
    ...(image && { image: fillVars(String(image.value), [...path, image.key], scope) }),
    ...(network && { network }),
    ...(isolation && { isolation }),
    ...(streams && { streams }),
    ...(shell && { shell: readShell(shell, [...path, 'shell'], scope) }),
  };
}

function readShell(
  source: NonNullable<StepSource['shell']>,
  path: Path,
  scope: TextScope,
): PlanShell {
  if (typeof source === 'string') return source;
  if (!source.some((word) => word.includes('{0}'))) {
    const message = 'the list has no "{0}", so the program would never get the command';
    const hint = `for instance [${[...source, '"{0}"'].join(', ')}]`;
    scope.findings.add('shell.no-file', { path }, message, hint);
  }
  return source.map((word, index) => fillVars(word, [...path, index], scope));
}

function readTimeout(value: unknown, path: Path, findings: Findings): number {
  const timeoutMs =
    typeof value === 'number' ? Math.round(value * 60_000) : (parseDurationMs(String(value)) ?? 0);
  if (timeoutMs >= 1 && timeoutMs <= limits.timeoutMsMax) return timeoutMs;
  findings.add('schema.value', { path }, 'a timeout is longer than nothing and at most 7d');
  return 1;
}

/**
 * `retry: 2` means after anything but a cancel: who writes it without `on` wants the step to be tried again,
 * whatever was the reason.
 */
function readRetry(
  source: NonNullable<StepSource['retry']>,
  path: Path,
  findings: Findings,
): PlanStep['retry'] {
  if (typeof source === 'number') {
    return { max: source, on: source === 0 ? [] : ['any'], backoffMs: 0 };
  }
  const backoffMs = parseDurationMs(source.backoff ?? '0s') ?? 0;
  if (backoffMs > limits.backoffMsMax) {
    findings.add('schema.value', { path: [...path, 'backoff'] }, 'a backoff is at most 1h');
  }
  const on = source.on === undefined ? ['any' as const] : [source.on].flat();
  const max = source.max ?? 1;
  return { max, on: max === 0 ? [] : on.map(readRule), backoffMs };
}

function readRule(rule: string | { exit: number | number[] }): RetryRule {
  if (typeof rule === 'string') return rule.replaceAll('_', '-') as Exclude<RetryRule, object>;
  return { exit: [rule.exit].flat() };
}

/** Names of machines that GitHub lends; an executor has them only where somebody gave it such a label. */
const hostedRunner = /^(?:ubuntu|windows|macos)-(?:latest|slim|\d+(?:\.\d+)?)(?:-\w+)*$/;

function lintHostedRunner(value: unknown, path: Path, { findings }: TextScope): void {
  const hosted = [value]
    .flat()
    .find((label) => typeof label === 'string' && hostedRunner.test(label));
  if (hosted === undefined) return;
  const message = `"${hosted}" is a machine of GitHub: no executor has this label unless it was given to one`;
  const hint = 'leave the key out: every executor may take the step then';
  findings.add('lint.hosted-runner', { path }, message, hint);
}

/** A map means `key=value`; sorted and once each, because their order says nothing. */
function readLabels(value: unknown, path: Path, scope: TextScope): string[] {
  const labels: string[] = [];
  if (typeof value === 'string') labels.push(fillVars(value, path, scope));
  else if (Array.isArray(value)) {
    value.forEach((item, index) => {
      labels.push(fillVars(String(item), [...path, index], scope));
    });
  } else {
    for (const [key, item] of Object.entries(value ?? {})) {
      labels.push(`${key}=${fillVars(String(item), [...path, key], scope)}`);
    }
    if (labels.length > limits.labelsMax) {
      scope.findings.add('limit.items', { path }, `more than ${limits.labelsMax} labels`);
    }
  }
  return [...new Set(labels)].sort();
}
