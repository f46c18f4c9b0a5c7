import { z } from 'zod';
import { canonicalJson, sha256Hex } from '#libs/kernel';
import {
  causes,
  higherIsolation,
  type Isolation,
  isolationSchema,
  type Network,
  networkSchema,
} from './outcome.ts';

/** `[a-z][a-z0-9_-]{0,62}`: fits a file name, a container name and a URL. */
export const stepIdPattern = /^[a-z][a-z0-9_-]{0,62}$/;
export const stepIdSchema = z.string().regex(stepIdPattern);

/** `MAJOR.MINOR`-free: one number, raised when the meaning of a plan changes. */
export const planSchemaVersion = 1;

/**
 * What a retry rule matches: a cause (`worker_lost` is spelled `worker-lost` here), any failure, or exit codes.
 * `failure` = the step said no in any way (exit, signal, oom, limits); `error` = the system's fault; `timeout`.
 */
export const retryRuleSchema = z.union([
  z.enum([...causes, 'failure', 'error', 'any']),
  z.strictObject({ exit: z.array(z.int().min(0).max(255)).min(1) }),
]);
export type RetryRule = z.infer<typeof retryRuleSchema>;

export const planRetrySchema = z.strictObject({
  /** Attempts beyond the first, 0–10. */
  max: z.int().min(0).max(10),
  on: z.array(retryRuleSchema),
  /** Base of the exponential delay with jitter, never below half of it; 0 tries again at once. */
  backoffMs: z.int().min(0),
});

/** An `env` value: text, or text with inputs in it, filled in when the run starts. Vars are filled in when compiled. */
export const envValueSchema = z.union([
  z.string(),
  z.array(z.union([z.string(), z.strictObject({ input: z.string() })])),
]);
export type EnvValue = z.infer<typeof envValueSchema>;

export const planInputSchema = z.strictObject({
  type: z.enum(['string', 'number', 'boolean', 'enum']),
  /** For `enum`: what is allowed. */
  values: z.array(z.string()).optional(),
  /** As text, already checked against the type. */
  default: z.string().optional(),
  description: z.string().optional(),
});
export type PlanInput = z.infer<typeof planInputSchema>;

/**
 * What runs the commands of a step: `bash` is `bash -eo pipefail`, `sh` is `sh -e`; a list is a program with its arguments, in which
 * `{0}` stands for the file that holds the command.
 */
export const planShellSchema = z.union([
  z.enum(['bash', 'sh']),
  z.array(z.string().min(1)).min(1).max(32),
]);
export type PlanShell = z.infer<typeof planShellSchema>;

const posixShells: ReadonlySet<string> = new Set(['sh', 'dash', 'ash', 'ksh', 'mksh', 'zsh']);

/** `bash` and `sh`: reads files of shell commands one after the other in one process. `program`: runs one file. */
export function shellKind(shell: PlanShell): 'bash' | 'sh' | 'program' {
  if (typeof shell === 'string') return shell;
  const name = shell[0]?.split('/').at(-1) ?? '';
  if (name === 'bash') return 'bash';
  return posixShells.has(name) ? 'sh' : 'program';
}

export const planStepSchema = z.strictObject({
  id: stepIdSchema,
  name: z.string(),
  /** One script per entry, run in order by one shell; the first that fails ends the step. */
  commands: z.array(z.string()).min(1),
  env: z.record(z.string(), envValueSchema),
  dependsOn: z.array(stepIdSchema),
  timeoutMs: z.int().positive(),
  retry: planRetrySchema,
  allowFailure: z.boolean(),
  /** Each must be among the executor's labels. */
  labels: z.array(z.string()),
  /** `host` is the machine's own userland, read-only. */
  image: z.string(),
  /** `none` also where the file says nothing: then the run decides, see `stepNetwork`. */
  network: networkSchema,
  /** Stands where the file itself says `none`: nothing opens the network then. */
  networkSaid: z.literal(true).optional(),
  /** The step's own floor; the run's floor holds beside it, the higher one counts. */
  isolation: isolationSchema.optional(),
  /** stdout and stderr are told apart, without their order. Absent: they share one pipe, in order. */
  streams: z.literal('separate').optional(),
  /** Absent: `bash` where the image has it, else `sh`. A list that is no shell has one command. */
  shell: planShellSchema.optional(),
  /** Globs relative to the workspace. */
  artifacts: z.array(z.string()),
  /** More artifacts than there may be are left out with a warning. Absent: the step ends as an error. */
  artifactsOverLimit: z.literal('warn').optional(),
});
export type PlanStep = z.infer<typeof planStepSchema>;

/** How much of a repository a run gets. */
export const planCheckoutSchema = z.strictObject({
  /** Generations of commits. Absent: to the nearest tag if it is within 1,000 commits, else one. */
  depth: z.union([z.int().min(1).max(1_000_000), z.literal('full')]).optional(),
  /** `false`: no tags, and no history for their sake. Absent: those of the history that is taken. */
  tags: z.literal(false).optional(),
  /** Absent: none. */
  submodules: z.enum(['direct', 'recursive']).optional(),
});
export type PlanCheckout = z.infer<typeof planCheckoutSchema>;

/** The compiled pipeline: frozen, hashed, stored once by its hash. Steps stand in file order. */
export const planSchema = z.strictObject({
  schema: z.literal(planSchemaVersion),
  name: z.string(),
  /** Exposed to every step as `MILLRACE_VARS_<NAME>`. */
  vars: z.record(z.string(), z.string()),
  /** Exposed to every step as `MILLRACE_INPUTS_<NAME>`. */
  inputs: z.record(z.string(), planInputSchema),
  checkout: planCheckoutSchema.optional(),
  steps: z.array(planStepSchema).min(1),
});
export type Plan = z.infer<typeof planSchema>;

/** What a step must have at least: its own floor or the run's, the higher one. */
export function stepIsolation(step: PlanStep, ofRun: Isolation): Isolation {
  return higherIsolation(step.isolation ?? 'none', ofRun);
}

/** What a step gets: what its file says, else what the run was given. @param ofRun  `none` for runs that recorded nothing */
export function stepNetwork(step: PlanStep, ofRun: Network | undefined): Network {
  if (step.network !== 'none' || step.networkSaid) return step.network;
  return ofRun ?? 'none';
}

/** Lower-case hex SHA-256 over the canonical JSON of the plan. */
export function planHash(plan: Plan): string {
  return sha256Hex(canonicalJson(plan));
}

/**
 * A plan by its hash. Whoever folds runs loads the plans before the fold, so that the fold stays pure.
 * @throws BugError where the plan was not loaded
 */
export type PlanLookup = (hash: string) => Plan;
