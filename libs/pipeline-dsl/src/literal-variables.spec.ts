// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the shell's variables and the pipeline's own references
import { describe, expect, it } from 'vitest';
import { compilePipeline } from './compile.ts';

/** The value begins in column 10. */
function found(value: string) {
  const text = `name: t\nvars: { V: 1 }\ninputs: { I: 1 }\nenv:\n  PATH: "${value}"\nsteps: [{ id: a, cmd: x }]\n`;
  const result = compilePipeline(text);
  return {
    env: result.ok ? result.plan.steps[0]?.env.PATH : undefined,
    words: result.diagnostics.map(({ column, code, hint }) => `${column} ${code} ${hint}`),
  };
}

describe('a variable of the shell in a value of env', () => {
  it.each([
    ['/opt/x:$PATH', '17', 'set it in cmd: export PATH="/opt/x:$PATH"'],
    ['${HOME}/bin', '10', 'set it in cmd: export PATH="${HOME}/bin"'],
    ['${home:-/root}/bin', '10', 'set it in cmd: export PATH="${home:-/root}/bin"'],
    [`$${'A'.repeat(60)}`, '10', 'set it in cmd: export PATH=…'],
    ['$HOME $HOME_OF', '10', 'set it in cmd: export PATH="$HOME $HOME_OF"'],
    ['$$HOME $HOME', '17', 'set it in cmd: export PATH="$$HOME $HOME"'],
    ['${V}', '10', 'write ${{ vars.V }}'],
    ['$I', '10', 'write ${{ inputs.I }}'],
  ])('%s is warned of once, and stays', (value, column, hint) => {
    expect(found(value)).toEqual({
      env: value,
      words: [`${column} lint.literal-variable ${hint}`],
    });
  });

  it.each([
    '$',
    '$$',
    '5 $',
    '$5',
    'pa$word',
    '$$HOME',
    '\\\\$HOME',
    '$(id)',
    '${{ vars.V }}',
    '^a$',
  ])('%s is none', (value) => expect(found(value).words).toEqual([]));

  it('of another CI system is told of as such alone', () => {
    expect(found('$GITHUB_SHA').words).toEqual([
      expect.stringContaining('lint.foreign-variable write $MILLRACE_COMMIT'),
    ]);
  });
});
