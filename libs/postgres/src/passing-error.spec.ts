import { describe, expect, it } from 'vitest';
import { isPassingError } from './passing-error.ts';

const pgError = (code: string) =>
  Object.assign(new Error(`state ${code}`), { code, severity: 'ERROR' });

describe('isPassingError', () => {
  it.each(['08006', '40001', '40P01', '53100', '53300', '55P03', '57P01', '57P03', '58030'])(
    'takes %s for the state of the server',
    (code) => expect(isPassingError(pgError(code))).toBe(true),
  );

  it.each(['22P02', '23505', '42501', '42883', 'XX000'])('takes %s for a bug', (code) =>
    expect(isPassingError(pgError(code))).toBe(false),
  );

  it.each([
    Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }),
    // A system error of five letters is not an SQLSTATE.
    Object.assign(new Error('pipe'), { code: 'EPIPE' }),
    new Error('Connection terminated unexpectedly'),
  ])('takes %s for the state of the connection', (error) =>
    expect(isPassingError(error)).toBe(true),
  );
});
