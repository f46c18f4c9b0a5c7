import { expect, it } from 'vitest';
import { prefers } from './accept.ts';

const prefersText = (accept: string | undefined) =>
  prefers(accept, 'text/plain', 'application/x-ndjson');

it.each([
  'text/plain',
  'text/*',
  'TEXT/PLAIN; charset=utf-8',
  'text/plain, */*;q=0.1',
  'application/x-ndjson;q=0.5, text/plain;q=0.9',
])('%s asks for text', (accept) => expect(prefersText(accept)).toBe(true));

it.each([
  undefined,
  '',
  '*/*',
  'application/x-ndjson',
  // What some clients send by themselves.
  'application/json, text/plain, */*',
  'text/html,application/xhtml+xml,*/*;q=0.8',
  'text/plain;q=0',
  'text/plain;q=nonsense',
  `text/plain${' '.repeat(2000)}`,
])('%s does not', (accept) => expect(prefersText(accept)).toBe(false));
