import type { EnvValue, PlanStep } from '#libs/events';
import { parseArtifactPattern } from './artifact-pattern.ts';
import { isProgram, readCommands } from './commands.ts';
import { fillVars, readEnv, type TextScope } from './env-values.ts';
import { standsForCommand } from './foreign-keys.ts';
import { lintCommandVariables } from './foreign-variables.ts';
import { limits } from './limits.ts';
import { pick } from './pick.ts';
import { aliases } from './schema.ts';
import { slug } from './schema-problems.ts';
import type { StepSource } from './schema-step.ts';
import { readSettings, type Settings } from './settings.ts';
import type { Path } from './tree.ts';

/** What every step starts from: the file's `env` and `defaults`. */
export interface StepDefaults {
  readonly env: Record<string, EnvValue>;
  readonly settings: Settings;
}

/** A step without its edges, which need all ids first. */
export type ReadStep = Omit<PlanStep, 'dependsOn'>;

/** Reads one step; undefined where it has no id or no command, which is told. */
export function readStep(
  source: StepSource,
  path: Path,
  scope: TextScope & { readonly defaults: StepDefaults },
): ReadStep | undefined {
  const { findings, defaults } = scope;
  const where = { path, findings };
  const id = pick(source, aliases.id, where);
  const name = pick(source, aliases.name, where);
  const cmd = pick(source, aliases.cmd, where);
  const env = pick(source, aliases.env, where);
  const allowFailure = pick(source, aliases.allowFailure, where);
  const settings = { ...defaults.settings, ...readSettings(source, path, scope) };
  const { shell } = settings;
  const title = name && fillVars(String(name.value), [...path, name.key], scope);
  const step = {
    name: title ?? String(id?.value),
    commands: cmd ? readCommands(cmd.value, [...path, cmd.key], { ...scope, shell }) : [],
    env: env
      ? {
          ...defaults.env,
          ...readEnv(env.value as object as Record<string, unknown>, [...path, env.key], scope),
        }
      : defaults.env,
    timeoutMs: settings.timeoutMs ?? limits.timeoutMsDefault,
    retry: settings.retry ?? { max: 0, on: [], backoffMs: 0 },
    allowFailure: allowFailure?.value === true || allowFailure?.value === 'ignore',
    labels: settings.labels ?? [],
    image: settings.image ?? 'host',
    network: settings.network ?? ('none' as const),
    ...(settings.network === 'none' && { networkSaid: true as const }),
    ...(settings.isolation && { isolation: settings.isolation }),
    ...(settings.streams === 'separate' && { streams: settings.streams }),
    ...(shell && { shell }),
    artifacts: readArtifacts(source, path, scope),
    ...(warnsOverLimit(source) && { artifactsOverLimit: 'warn' as const }),
  };
  if (cmd && !isProgram(shell)) {
    lintCommandVariables(cmd.value, [...path, cmd.key], { env: step.env, findings });
  }
  if (!id && !standsForCommand.some((key) => key in source)) {
    const suggested = title === undefined ? undefined : slug(title);
    const hint = suggested ? `for instance id: ${suggested}` : undefined;
    findings.add('schema.missing-key', { path }, 'the step has no "id"', hint);
  }
  if (!cmd && !standsForCommand.some((key) => key in source)) {
    const which = id ? `the step "${String(id.value)}"` : 'the step';
    findings.add('schema.missing-key', { path }, `${which} has no "cmd"`);
  }
  return id && cmd ? { id: String(id.value), ...step } : undefined;
}

function readArtifacts(source: StepSource, path: Path, scope: TextScope): string[] {
  const picked = pick(source, aliases.artifacts, { path, findings: scope.findings });
  if (!picked) return [];
  const isMap = typeof picked.value === 'object' && !Array.isArray(picked.value);
  const value = isMap ? (picked.value as { paths?: unknown }).paths : picked.value;
  const at = isMap ? [...path, picked.key, 'paths'] : [...path, picked.key];
  const globs = Array.isArray(value)
    ? value.map((item, index) => readGlob(String(item), [...at, index], scope))
    : [readGlob(String(value ?? ''), at, scope)];
  if (globs.length > 0 && globs.every((glob) => glob.startsWith('!'))) {
    const message = 'every artifact path leaves something out, and none says what is kept';
    scope.findings.add('schema.artifact-pattern', { path: at }, message, 'write "**" first');
  }
  return [...new Set(globs)];
}

function warnsOverLimit(source: StepSource): boolean {
  const given = source.artifacts ?? source.artifact_paths;
  const { over_limit: overLimit } = Object(given) as { readonly over_limit?: unknown };
  return overLimit === 'warn';
}

function readGlob(text: string, path: Path, scope: TextScope): string {
  const glob = fillVars(text, path, scope);
  const read = parseArtifactPattern(glob);
  const isHome = glob.startsWith('~');
  if (isHome || (!read.ok && (read.why === 'outside' || glob === ''))) {
    const message = `the artifact path ${JSON.stringify(glob.slice(0, 60))} is not inside the workspace`;
    const hint = 'write it relative to the workspace';
    scope.findings.add('schema.artifact-path', { path }, message, hint);
  } else if (!read.ok) {
    const message = `the artifact path ${JSON.stringify(glob.slice(0, 60))} is no pattern: ${read.message}`;
    scope.findings.add('schema.artifact-pattern', { path }, message);
  }
  if (glob.length > limits.textCharsMax) {
    scope.findings.add(
      'limit.text',
      { path },
      `an artifact path has at most ${limits.textCharsMax} characters`,
    );
  }
  return glob;
}
