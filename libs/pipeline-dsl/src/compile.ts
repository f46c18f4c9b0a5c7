import {
  type Plan,
  type PlanCheckout,
  type PlanStep,
  planHash,
  planSchemaVersion,
} from '#libs/events';
import { readInputs, readVars, refuseReference } from './declarations.ts';
import { readDependencies } from './dependencies.ts';
import { type Diagnostic, toDiagnostics } from './diagnostic.ts';
import { readEnv, type TextScope } from './env-values.ts';
import { Findings } from './findings.ts';
import { foreignFileProblem } from './foreign-file.ts';
import { foreignValueProblems } from './foreign-values.ts';
import { limits } from './limits.ts';
import { type MisfitOf, tellMisfits } from './misfits.ts';
import { pick } from './pick.ts';
import type { Problem } from './problem.ts';
import { readTree } from './read-tree.ts';
import { aliases, type CheckoutSource, type PipelineFile, pipelineFileSchema } from './schema.ts';
import { schemaProblems } from './schema-problems.ts';
import { readSettings } from './settings.ts';
import { readSourceText } from './source-text.ts';
import { type ReadStep, readStep, type StepDefaults } from './steps.ts';
import { type Node, nodeAt, toValue } from './tree.ts';

export type CompileResult =
  | {
      readonly ok: true;
      /** Frozen all through. */
      readonly plan: Plan;
      readonly planHash: string;
      /** Warnings only. */
      readonly diagnostics: readonly Diagnostic[];
    }
  | {
      readonly ok: false;
      /** False where what is wrong kept later checks from reading the file: there may be more. */
      readonly isWhole: boolean;
      /** At least one error, in the order of the file. */
      readonly diagnostics: readonly Diagnostic[];
    };

/**
 * A pipeline file as a plan, or everything that is wrong with it. Never throws, whatever the bytes are.
 * The same text always gives the same plan and hash.
 *
 * @param options.file what diagnostics call the file, default `.millrace.yaml`
 * @param options.misfitOf where executors are known: what none of them can do for a step; it becomes a warning
 */
export function compilePipeline(
  source: string | Uint8Array,
  options: { readonly file?: string; readonly misfitOf?: MisfitOf } = {},
): CompileResult {
  const file = options.file ?? '.millrace.yaml';
  const read = readSourceText(source);
  const { text } = read;
  const refuse = (problems: readonly Problem[], isWhole = false): CompileResult => ({
    ok: false,
    isWhole,
    diagnostics: toDiagnostics(problems, { file, text }),
  });
  if (!read.ok) return refuse([read.problem]);
  const tree = readTree(text);
  if (!tree.ok) return refuse(tree.problems);
  const foreign = foreignFileProblem(tree.root);
  // Another system's file is not mended key by key.
  if (foreign) return refuse([foreign], true);

  const value = toValue(tree.root);
  const parsed = pipelineFileSchema.safeParse(value);
  const findings = new Findings(tree.root, text);
  findings.problems.push(...swallowedValues(tree.root));
  if (!parsed.success) {
    findings.problems.push(...schemaProblems(parsed.error.issues, tree.root));
    // Unknown keys leave the rest readable, so the other checks still speak; wrong shapes do not.
    const isReadable = parsed.error.issues.every(({ code }) => code === 'unrecognized_keys');
    if (!isReadable) return refuse(findings.problems);
  }
  // The schema has no transforms: what fits it is the AST as it stands.
  const plan = buildPlan(value as PipelineFile, findings);
  if (!plan || findings.hasErrors) return refuse(findings.problems, plan !== undefined);
  if (options.misfitOf) tellMisfits(plan, value as PipelineFile, { ...options, findings });
  const diagnostics = toDiagnostics(findings.problems, { file, text });
  return { ok: true, plan: freeze(plan), planHash: planHash(plan), diagnostics };
}

/** Values that fit by chance, at the top and in each step. */
function swallowedValues(root: Node): Problem[] {
  const steps = nodeAt(root, ['steps']);
  const list = steps.kind === 'list' ? steps.items : [];
  return [
    ...foreignValueProblems(root, [], root),
    ...foreignValueProblems(nodeAt(root, ['defaults']), ['defaults'], root),
    ...list.flatMap((step, index) => foreignValueProblems(step, ['steps', index], root)),
  ];
}

/** The same as compiling: a file is valid exactly when it compiles. */
export function validatePipeline(
  source: string | Uint8Array,
  options: { readonly file?: string } = {},
): { readonly valid: boolean; readonly diagnostics: readonly Diagnostic[] } {
  const { ok, diagnostics } = compilePipeline(source, options);
  return { valid: ok, diagnostics };
}

function buildPlan(file: PipelineFile, findings: Findings): Plan | undefined {
  const vars = readVars(file, findings);
  const inputs = readInputs(file, findings);
  const scope = { vars, inputs, findings };
  checkTop(file, findings);
  const sources = file.steps ?? [];
  if (sources.length > limits.stepsMax) {
    const message = `the pipeline has ${sources.length} steps, at most ${limits.stepsMax} are allowed`;
    findings.add('limit.steps', { path: ['steps'], at: 'key' }, message);
    return undefined;
  }
  const defaults = readDefaults(file, scope);
  const steps: (ReadStep | undefined)[] = [];
  let planChars = 0;
  for (const [index, source] of sources.entries()) {
    const step = readStep(source, ['steps', index], { ...scope, defaults });
    steps.push(step);
    planChars += step ? sizeOf(step) : 0;
    if (planChars > limits.planCharsMax) {
      const message = `the plan would have more than ${limits.planCharsMax} characters`;
      findings.add('limit.plan-size', { path: ['steps', index] }, message);
      return undefined;
    }
  }
  const ids = sources.map((source) => {
    const id = aliases.id.map((key) => source[key]).find((text) => text !== undefined);
    return id;
  });
  checkIds(sources, ids, findings);
  const isSequential = file.order === 'sequential';
  const edges = readDependencies(sources, ids, { isSequential, findings });
  lintOrder(file, findings);
  const planSteps = steps.flatMap((step, index): PlanStep[] =>
    step ? [{ ...step, dependsOn: edges[index] ?? [] }] : [],
  );
  return {
    schema: planSchemaVersion,
    name: file.name ?? '',
    vars: Object.fromEntries(vars),
    inputs: Object.fromEntries(inputs),
    ...readCheckout(file.source),
    steps: planSteps,
  };
}

function checkTop(file: PipelineFile, findings: Findings): void {
  const where = { path: [], findings };
  const { name } = file;
  if (name === undefined) findings.add('schema.missing-key', where, 'the pipeline has no "name"');
  else refuseReference(name, ['name'], findings);
  if (name !== undefined && (/[\p{Cc}\u2028\u2029]/u.test(name) || name.trim() !== name)) {
    const message = 'the name must be one line without white space around it';
    findings.add('schema.value', { path: ['name'] }, message);
  }
  if (file.steps === undefined) {
    findings.add('schema.missing-key', where, 'the pipeline has no "steps"');
  } else if (file.steps.length === 0) {
    findings.add('schema.value', { path: ['steps'] }, 'a pipeline has at least one step');
  }
  const triggers = pick(file, aliases.triggers, where);
  if (triggers) {
    const message = `"${triggers.key}" is accepted, but nothing starts runs by itself in this version`;
    findings.add(
      'lint.triggers',
      { path: [triggers.key], at: 'key' },
      message,
      'start them with millrace run',
    );
  }
}

/** Only what differs from the default, so that a plan stays the same when the default is written out. */
function readCheckout({ depth, tags, submodules }: CheckoutSource = {}): Pick<Plan, 'checkout'> {
  const checkout: PlanCheckout = {
    ...(depth !== undefined && { depth }),
    ...(tags === false && { tags }),
    ...(submodules && { submodules: submodules === true ? 'direct' : submodules }),
  };
  return Object.keys(checkout).length === 0 ? {} : { checkout };
}

/** Where both say something, `defaults.env` wins over the file's `env`. */
function readDefaults(file: PipelineFile, scope: TextScope): StepDefaults {
  const where = { findings: scope.findings };
  const top = pick(file, aliases.env, { ...where, path: [] });
  const source = file.defaults ?? {};
  const inner = pick(source, aliases.env, { ...where, path: ['defaults'] });
  const read = (picked: typeof top, path: readonly string[]) =>
    picked ? readEnv(picked.value as Record<string, unknown>, [...path, picked.key], scope) : {};
  return {
    env: { ...read(top, []), ...read(inner, ['defaults']) },
    settings: readSettings(source, ['defaults'], scope),
  };
}

function checkIds(
  sources: readonly object[],
  ids: readonly (string | undefined)[],
  findings: Findings,
): void {
  const first = new Map<string, number>();
  ids.forEach((id, index) => {
    if (id === undefined) return;
    const before = first.get(id);
    if (before === undefined) {
      first.set(id, index);
      return;
    }
    const key = aliases.id.find((name) => name in (sources[index] ?? {})) ?? 'id';
    const message = `the step id "${id}" is used twice`;
    const hint = `it is also the id of step ${before + 1}`;
    findings.add('step.duplicate-id', { path: ['steps', index, key] }, message, hint);
  });
}

function lintOrder(file: PipelineFile, findings: Findings): void {
  const steps = file.steps ?? [];
  if (file.order !== undefined || steps.length < 2) return;
  const hasEdges = steps.some((step) => aliases.dependsOn.some((key) => step[key] !== undefined));
  if (hasEdges) return;
  const message = 'no step has "depends_on", so all of them start at once';
  const hint = 'add depends_on, or order: sequential, or order: graph if this is meant';
  findings.add('lint.no-depends-on', { path: ['steps'], at: 'key' }, message, hint);
}

/** Rough: what makes plans large is text. */
function sizeOf(step: ReadStep): number {
  let chars = 200 + step.name.length;
  for (const command of step.commands) chars += command.length;
  for (const [name, value] of Object.entries(step.env)) {
    chars +=
      name.length + (typeof value === 'string' ? value.length : JSON.stringify(value).length);
  }
  return chars;
}

/** Nothing reachable can be changed; plans are kept and handed around for as long as the process lives. */
function freeze<T>(value: T): T {
  if (value === null || typeof value !== 'object' || Object.isFrozen(value)) return value;
  for (const child of Object.values(value)) freeze(child);
  return Object.freeze(value);
}
