import { assert, property, string, uint8Array } from 'fast-check';
import { expect, it } from 'vitest';
import * as browser from './sha256.browser.ts';
import * as node from './sha256.node.ts';

it.each([
  ['', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
  ['abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
])('%j has its known digest, in Node and in a browser', (text, digest) => {
  expect(node.sha256Hex(text)).toBe(digest);
  expect(browser.sha256Hex(text)).toBe(digest);
});

it('a browser has the digests of Node', () => {
  assert(
    property(string({ unit: 'grapheme' }), (text) => {
      expect(browser.sha256Hex(text)).toBe(node.sha256Hex(text));
    }),
  );
  assert(
    property(uint8Array({ maxLength: 300 }), (bytes) => {
      expect(browser.sha256Hex(bytes)).toBe(node.sha256Hex(bytes));
    }),
  );
});

it.each([55, 56, 63, 64, 65, 119, 120, 1_000_000])('%i bytes fill their blocks', (length) => {
  const bytes = new Uint8Array(length).fill(length);
  expect(browser.sha256Hex(bytes)).toBe(node.sha256Hex(bytes));
});
