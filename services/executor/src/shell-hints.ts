import type { StepShell } from './step-shell.ts';

/** What `sh` says of words that only bash knows, behind the file of a command of ours. */
const bashisms =
  /command(?:-\d+)?: (?:(?:line )?\d+: )?(?:(?:\[\[|source|shopt|declare|typeset|pushd|popd|let|mapfile|readarray|function): not found|Syntax error: (?:"\(" unexpected|redirection unexpected|Bad (?:for loop variable|function name|fd number))|.{0,80}Bad substitution|set: Illegal option -o pipefail|read: Illegal option|local: -[aA]: bad variable name|trap: (?:ERR|DEBUG): bad trap|\{\d+\.\.\d+\}: not found)/;

/** Longer than any of the messages, in bytes. */
const tailBytes = 512;

/** Notices that a step in `sh` was written for bash. */
export class ShellHints {
  readonly #isWatching: boolean;
  readonly #title: string;
  #tail = '';
  #isSeen = false;

  constructor(shell: StepShell) {
    this.#isWatching = shell.kind === 'sh';
    this.#title = shell.title;
  }

  watch(bytes: Uint8Array): void {
    if (!this.#isWatching || this.#isSeen) return;
    const text =
      this.#tail + Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
    this.#isSeen = bashisms.test(text);
    this.#tail = text.slice(-tailBytes);
  }

  /** The hint for the end of the log, if there is one. */
  get hint(): string | undefined {
    if (!this.#isSeen) return undefined;
    return `hint: this step ran in ${this.#title} and uses what only bash knows; write "shell: bash", with an image that has bash, or words that sh knows`;
  }
}
