import { expect, it } from 'vitest';
import { gitRefSchema } from './run.events.ts';

const isRef = (text: string) => gitRefSchema.safeParse(text).success;

it.each([
  'refs/heads/main',
  'refs/tags/v1.0',
  'refs/heads/a/b-c_d',
  'refs/heads/ü',
  'refs/tags/@',
  'refs/heads/-x',
])('takes %s', (text) => expect(isRef(text)).toBe(true));

it.each([
  '',
  'main',
  'refs/heads',
  'refs/heads/',
  'refs/remotes/origin/x',
  'refs/heads/a//b',
  'refs/heads/../x',
  'refs/heads/a..b',
  'refs/heads/.a',
  'refs/heads/a/.b',
  'refs/heads/a.lock',
  'refs/heads/a.lock/b',
  'refs/heads/a.',
  'refs/heads/a/',
  'refs/heads/a b',
  'refs/heads/a\nb',
  'refs/heads/a\u0000',
  'refs/heads/a~1',
  'refs/heads/a^',
  'refs/heads/a:b',
  'refs/heads/a?',
  'refs/heads/a*',
  'refs/heads/a[b',
  'refs/heads/a\\b',
  'refs/heads/a@{b',
  `refs/heads/${'a'.repeat(600)}`,
])('refuses %j', (text) => expect(isRef(text)).toBe(false));
