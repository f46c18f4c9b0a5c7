import type { StepShell } from './step-shell.ts';

/** The exit code of a shell for a program that SIGPIPE ended: 128 + 13. */
const brokenPipe = 141;

/** The hint for the end of the log of a failed step, if it failed as `make | head` does. */
export function pipeHint(
  exitCode: number | null | undefined,
  shell: Pick<StepShell, 'kind'>,
): string | undefined {
  if (shell.kind !== 'bash' || exitCode !== brokenPipe) return undefined;
  return 'hint: exit code 141 is SIGPIPE: a reader such as "head" or "grep -q" closed the pipe before all was written, and pipefail makes that a failure; let it read to the end ("sed -n 1,5p" for "head -5", "grep x >/dev/null" for "grep -q x"), or write "{ make || true; } | head", where the writer’s failure does not matter';
}
