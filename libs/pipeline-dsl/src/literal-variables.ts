// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the file speaks about the pipeline's own references
import type { Findings } from './findings.ts';
import { isForeignVariable } from './foreign-variables.ts';
import type { Declared } from './references.ts';
import type { Path } from './tree.ts';

/**
 * A variable as a shell has it. Not `$x` in small letters, which a password may hold as well, and not what somebody took
 * care to escape.
 */
const variable = /(?<![\\$])\$(?:\{([A-Za-z_]\w*)(?=[}:+\-=?#%/])|([A-Z_][A-Z0-9_]*)\b)/g;

/** Warns of the first variable in a value of `env`: no shell reads it, so `$PATH` gets to the step as five characters. */
export function lintLiteralVariables(
  text: string,
  path: Path,
  { vars, inputs, findings }: Declared & { readonly findings: Findings },
): void {
  if (!text.includes('$')) return;
  for (const { 0: mark, 1: inBraces, 2: bare = '', index } of text.matchAll(variable)) {
    const name = inBraces ?? bare;
    if (isForeignVariable(name)) continue;
    const before = text.slice(0, index).split(mark).length - 1;
    const kind = vars.has(name) ? 'vars' : inputs.has(name) ? 'inputs' : undefined;
    const hint = kind
      ? `write \${{ ${kind}.${name} }}`
      : `set it in cmd: export ${String(path.at(-1))}=${shownValue(text)}`;
    findings.addMark('lint.literal-variable', path, { mark, before }, [
      `"${inBraces === undefined ? mark : `\${${name}}`}" stays as it is written: no shell reads the values of env`,
      hint,
    ]);
    return;
  }
}

/** As it can be pasted, where it is short and plain. */
const shownValue = (text: string) => (/^[^"`\\\p{Cc}]{1,60}$/u.test(text) ? `"${text}"` : '…');
