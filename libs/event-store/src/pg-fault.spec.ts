import { describe, expect, it } from 'vitest';
import { Fault } from '#libs/kernel';
import { asLogFault } from './pg-fault.ts';

const pgError = (code: string) =>
  Object.assign(new Error(`state ${code}`), { code, severity: 'ERROR' });
const unavailable = { code: 'log.unavailable', retry: 'backoff' };

describe('asLogFault', () => {
  it.each(['08006', '40001', '40P01', '53100', '53300', '55P03', '57P01', '57P03', '58030'])(
    'takes %s for the state of the server',
    (code) => expect(asLogFault(pgError(code))).toMatchObject(unavailable),
  );

  it.each(['22P02', '23505', '42501', '42883', 'XX000'])('takes %s for a bug', (code) => {
    const error = pgError(code);
    expect(asLogFault(error)).toBe(error);
  });

  it('takes errors of the connection for an unreachable log', () => {
    const refused = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
    expect(asLogFault(refused)).toMatchObject({ ...unavailable, cause: refused });
    const ended = new Error('Connection terminated unexpectedly');
    expect(asLogFault(ended)).toMatchObject(unavailable);
    // A system error of five letters is not an SQLSTATE.
    const pipe = Object.assign(new Error('pipe'), { code: 'EPIPE' });
    expect(asLogFault(pipe)).toMatchObject(unavailable);
  });

  it('leaves faults as they are', () => {
    const fault = new Fault('event.too-large', 'never', 'too large');
    expect(asLogFault(fault)).toBe(fault);
  });
});
