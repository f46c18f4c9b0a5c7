import { expect, it } from 'vitest';
import { wholeNumber } from './parse-number.ts';

const parse = wholeNumber(1, 1_000);

it.each(['1', '42', '1000'])('takes %s', (text) => expect(parse(text)).toBe(Number(text)));

it.each(['0', '1001', '-1', '1.5', '1e2', '0x10', ' 1', '', 'many', '99999999999999999'])(
  'refuses %j and says what fits',
  (text) => expect(() => parse(text)).toThrow('expected a whole number from 1 to 1000'),
);
