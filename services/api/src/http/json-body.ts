import { isUtf8 } from 'node:buffer';
import { HttpProblem } from './http-problem.ts';

const depthMax = 64;

/**
 * Reads a JSON body as strictly as the log needs it: well-formed UTF-8, no NUL and no lone surrogate, no `__proto__`, limited
 * depth. In `yaml` NUL and lone surrogates pass, since the compiler names their place.
 *
 * @throws HttpProblem `request.malformed`, `request.invalid`
 */
export function parseJsonBody(bytes: Buffer): unknown {
  if (bytes.length === 0) return {};
  if (!isUtf8(bytes)) throw new HttpProblem('request.malformed', 'the body is not valid UTF-8');
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch {
    throw new HttpProblem('request.malformed', 'the body is not valid JSON');
  }
  checkValue(value, '', 0);
  return value;
}

function checkValue(value: unknown, pointer: string, depth: number): void {
  if (typeof value === 'string') {
    if (!pointer.endsWith('/yaml')) checkText(value, pointer);
    return;
  }
  if (value === null || typeof value !== 'object') return;
  if (depth >= depthMax)
    throw new HttpProblem('request.invalid', `the body is nested deeper than ${depthMax} levels`);
  for (const key of Object.keys(value)) {
    if (key === '__proto__') {
      throw new HttpProblem('request.invalid', 'a key is not allowed', {
        errors: [{ pointer: `${pointer}/__proto__`, detail: 'this key is not allowed' }],
      });
    }
    checkText(key, pointer);
    checkValue(
      (value as Record<string, unknown>)[key],
      `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`,
      depth + 1,
    );
  }
}

/** @throws HttpProblem `request.invalid` if text holds NUL or a lone surrogate */
export function checkText(text: string, pointer: string): void {
  if (text.includes('\u0000') || !text.isWellFormed()) {
    throw new HttpProblem('request.invalid', 'text holds NUL or a lone surrogate', {
      errors: [{ pointer, detail: 'NUL and lone surrogates are not allowed' }],
    });
  }
}
