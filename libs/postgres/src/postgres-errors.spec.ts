import { describe, expect, it } from 'vitest';
import { Fault } from '#libs/kernel';
import { isMissingPrivilege, isPassingError, postgresFault, reasonOf } from './postgres-errors.ts';

const pgError = (code: string) =>
  Object.assign(new Error(`state ${code}`), { code, severity: 'ERROR' });
const refused = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
// A system error of five letters is not an SQLSTATE.
const pipe = Object.assign(new Error('pipe'), { code: 'EPIPE' });

describe('isPassingError', () => {
  it.each([
    ...['08006', '28P01', '3D000', '40001', '40P01', '53100', '53300', '55P03', '57P01'],
    ...['57P03', '58030'],
  ])('takes %s for the state of the server', (code) =>
    expect(isPassingError(pgError(code))).toBe(true),
  );

  it.each(['22P02', '23505', '42501', '42883', 'XX000'])('takes %s for a bug', (code) =>
    expect(isPassingError(pgError(code))).toBe(false),
  );

  it.each([refused, pipe, new Error('Connection terminated unexpectedly')])(
    'takes %s for the state of the connection',
    (error) => expect(isPassingError(error)).toBe(true),
  );
});

it('knows a missing privilege', () => {
  expect(isMissingPrivilege(pgError('42501'))).toBe(true);
  expect(isMissingPrivilege(pgError('42883'))).toBe(false);
});

describe('postgresFault', () => {
  it('is a Fault in the words of the port if trying again can help', () => {
    expect(postgresFault(refused)).toMatchObject({
      code: 'postgres.unreachable',
      retry: 'backoff',
      message: 'Postgres does not answer: refused',
      cause: refused,
    });
    expect(postgresFault(pgError('57P01'), 'log.unavailable')).toMatchObject({
      code: 'log.unavailable',
      retry: 'backoff',
      message: 'the log cannot be reached: state 57P01',
    });
  });

  it('leaves bugs and Faults as they are', () => {
    const bug = pgError('42883');
    expect(postgresFault(bug)).toBe(bug);
    const fault = new Fault('event.too-large', 'never', 'too large');
    expect(postgresFault(fault)).toBe(fault);
  });
});

it('names the code if the driver says nothing', () => {
  expect(reasonOf(Object.assign(new Error(''), { code: 'ECONNREFUSED' }))).toBe('ECONNREFUSED');
  expect(reasonOf(new Error(''))).toBe('no reason given');
});
