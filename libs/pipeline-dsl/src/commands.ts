// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the variables of the shell
import { type PlanShell, shellKind } from '#libs/events';
import type { DiagnosticCode } from './diagnostic-catalog.ts';
import type { TextScope } from './env-values.ts';
import { limits } from './limits.ts';
import { hasReference, parseReferences, type Segment } from './references.ts';
import { type ShellPlace, shellPlaces } from './shell-places.ts';
import type { Path } from './tree.ts';

/** Where commands stand. */
export interface CommandScope extends TextScope {
  readonly shell: PlanShell | undefined;
}

/**
 * The commands of a step. A reference becomes a shell variable, never pasted text, so nothing that a var or an
 * input holds is ever read as shell.
 */
export function readCommands(cmd: unknown, path: Path, scope: CommandScope): string[] {
  const commands = Array.isArray(cmd)
    ? cmd.map((item, index) => readCommand(String(item), [...path, index], scope))
    : [readCommand(String(cmd), path, scope)];
  if (isProgram(scope.shell)) checkProgram(commands, path, scope);
  const bytes = commands.reduce((sum, command) => sum + Buffer.byteLength(command), 0);
  if (commands.length > limits.commandsPerStepMax || bytes > limits.commandBytesMax) {
    const message = `a step has at most ${limits.commandsPerStepMax} commands with ${limits.commandBytesMax} bytes together`;
    scope.findings.add('limit.commands', { path }, message, 'move the script to a file');
  }
  return commands;
}

function readCommand(text: string, path: Path, scope: CommandScope): string {
  if (text.trim() === '') {
    scope.findings.add('schema.value', { path }, 'a command must not be empty');
  }
  if (!hasReference(text)) return text;
  const { segments, problems } = parseReferences(text, scope);
  for (const problem of problems) scope.findings.addReference(path, problem);
  let script = '';
  const references: Exclude<Segment, { kind: 'text' }>[] = [];
  const offsets: number[] = [];
  for (const segment of segments) {
    if (segment.kind === 'text') {
      script += segment.text;
      continue;
    }
    references.push(segment);
    offsets.push(script.length);
    script += `\${MILLRACE_${segment.kind.toUpperCase()}_${segment.name}}`;
  }
  if (isProgram(scope.shell)) return script;
  const places = shellPlaces(script, offsets);
  references.forEach(({ kind, name, reference }, index) => {
    const literal = literalPlaces[places[index] ?? 'code'];
    if (!literal) return;
    const { code, where, hint } = literal;
    const message = `the shell does not fill in "${kind}.${name}" ${where}`;
    scope.findings.addReference(path, { code, message, hint, reference });
  });
  return script;
}

/** Whether what runs the commands is no shell: quotes and `$` mean something else there. */
export function isProgram(shell: PlanShell | undefined): boolean {
  return shell !== undefined && shellKind(shell) === 'program';
}

/** What only a shell can do. */
function checkProgram(commands: readonly string[], path: Path, scope: CommandScope): void {
  const program = JSON.stringify([scope.shell].flat()[0]);
  if (commands.length > 1) {
    const message = `a list of commands runs in one shell, and ${program} is no shell`;
    const hint = 'write one command, or a step for each';
    scope.findings.add('shell.list', { path }, message, hint);
  }
  if (commands.some((command) => command.includes('${MILLRACE_'))) {
    const message = `a reference becomes a variable of the shell, and ${program} is no shell`;
    const hint = 'read it from the environment: MILLRACE_VARS_NAME, MILLRACE_INPUTS_NAME';
    scope.findings.add('lint.reference-without-shell', { path }, message, hint);
  }
}

/** Where a shell variable stays as it is written. */
const literalPlaces: Partial<
  Record<ShellPlace, { code: DiagnosticCode; where: string; hint: string }>
> = {
  'single-quotes': {
    code: 'lint.single-quoted-reference',
    where: 'inside single quotes',
    hint: 'use double quotes',
  },
  'quoted-heredoc': {
    code: 'lint.quoted-heredoc-reference',
    where: 'in a here-document whose delimiter is in quotes',
    hint: 'take the quotes off the delimiter, and put \\ before every $ that is to stay',
  },
};
