import type { Cause, Outcome, RunEvent, SkipReason, WaitReason } from '#libs/events';

type LostWhy = Extract<RunEvent, { type: 'run.step-attempt-lost' }>['data']['why'];
/** The terms of events that commands print: outcomes, causes, reasons to skip and to wait. */
type RecordTerm = Outcome | Cause | SkipReason | WaitReason | LostWhy;

const terms: Readonly<Record<RecordTerm, readonly [title: string, text: string]>> = {
  success: ['It ended well', 'Nothing to do.'],
  failure: ['The step said no', 'Read its log: `millrace logs RUN STEP`.'],
  error: ['The system failed, not the step', 'The cause beside it says what; a retry may help.'],
  skipped: ['It was not needed, or could not begin', 'The reason stands beside it.'],
  exit: ['The command ended by itself with this code', 'Read its log: `millrace logs RUN STEP`.'],
  signal: ['A signal ended the command', 'It crashed, or something on the machine killed it.'],
  oom: [
    'The kernel killed it: it took more memory than it may',
    'See step_memory_max in `millrace config explain`.',
  ],
  'pids-limit': [
    'It had more processes than it may',
    'See step_pids_max in `millrace config explain`.',
  ],
  'disk-limit': [
    'Not all of its artifacts could be kept',
    'The message beside it says why. See artifact_bytes_max in `millrace config explain`; many files fit as one archive, and `artifacts: { paths: […], over_limit: warn }` lets the step pass.',
  ],
  'log-limit': ['It printed more than it may', 'See log_bytes_max in `millrace config explain`.'],
  timeout: [
    'It took longer than its timeout',
    'Raise `timeout` of the step, or see in its log what it waited for.',
  ],
  cancelled: ['Somebody cancelled the run', '`millrace show RUN` says who, and why.'],
  'worker-lost': [
    'Its executor, or that part of it which watches steps, was lost while it ran',
    'Nobody knows how far it came. `retry: { on: [worker_lost] }` tries such a step again.',
  ],
  'start-failed': [
    'It could not be started',
    'The message beside it says why; `millrace doctor` tries the sandboxes.',
  ],
  'source-failed': ['Its files could not be prepared', 'The message beside it says why.'],
  condition: ['Its condition was not met', 'See `when` of the step.'],
  'dependency-failed': [
    'A step that it depends on did not succeed',
    'Repeat both: `millrace retry RUN --failed`.',
  ],
  reused: ['The run that this one repeats had done it', 'Its files are in the workspace.'],
  dependency: ['It waits for a step that it depends on', '`millrace why RUN STEP` names it.'],
  labels: [
    'No executor has its labels and gives its isolation',
    '`millrace why RUN STEP` says what is asked for, `millrace executors` what there is.',
  ],
  slots: ['Every fitting executor is busy', 'It starts when a slot is free.'],
  quota: ['A quota is used up', 'It starts when there is room again.'],
  group: ['Another run holds its concurrency group', 'It starts when that one has ended.'],
  priority: ['More urgent steps go first', 'It starts when they have.'],
  'retry-delay': ['It waits before its next attempt', 'See `retry.backoff` of the step.'],
  paused: ['Scheduling is paused', 'It starts when somebody resumes it.'],
  approval: ['It waits for somebody to approve it', 'Nothing starts before that.'],
  'lease-expired': [
    'The executor said nothing for longer than its lease',
    'It is gone, frozen or cut off.',
  ],
  'executor-gone': ['The executor is gone', 'See `millrace executors --all`.'],
  'executor-restarted': ['The executor was restarted meanwhile', 'What it ran then has ended.'],
  overdue: ['The attempt was to end long ago, and did not', 'Its executor does not end it.'],
};

export const recordTerms: readonly string[] = Object.keys(terms);

/** Undefined if it is no such term. */
export function explainTerm(
  word: string,
): { readonly title: string; readonly text: string } | undefined {
  const found = Object.hasOwn(terms, word) ? terms[word as RecordTerm] : undefined;
  return found && { title: found[0], text: found[1] };
}
