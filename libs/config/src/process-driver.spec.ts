import { expect, it } from 'vitest';
import { allowsProcessDriver } from './process-driver.ts';

it.each([
  ['127.0.0.1:7420', true],
  ['127.8.9.10:0', true],
  ['[::1]:0', true],
  ['LOCALHOST:1', true],
  ['0.0.0.0:7420', false],
  ['[::]:7420', false],
  ['10.0.0.1:7420', false],
  ['127.0.0.1.example.org:7420', false],
  ['127.example.org:7420', false],
])('a server that listens on %s takes plain processes: %s', (listen, allowed) => {
  expect(allowsProcessDriver({ listen, allowProcessDriver: false })).toBe(allowed);
  expect(allowsProcessDriver({ listen, allowProcessDriver: true })).toBe(true);
});
