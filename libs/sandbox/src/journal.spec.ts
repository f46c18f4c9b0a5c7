import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Journal } from './journal.ts';

describe('the journal', () => {
  let dir: string;
  let journal: Journal;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'millrace-journal-'));
    journal = new Journal(dir);
  });
  afterEach(() => rmSync(dir, { recursive: true }));

  it('tells the next life what this one had', () => {
    journal.begin('one');
    journal.begin('two');
    journal.recordFirstProcess('two', { pid: 42, startTicks: '4711' });
    journal.begin('three');
    journal.end('three');
    const entries = new Journal(dir).entries().toSorted((a, b) => a.name.localeCompare(b.name));
    expect(entries).toEqual([
      { name: 'one', first: undefined },
      { name: 'two', first: { pid: 42, startTicks: '4711' } },
    ]);
  });

  it.each([
    ['another boot', '42 4711 0-0-0\n'],
    ['a torn line', '42'],
    ['nonsense', 'x y z\n'],
    ['a group instead of a pid', '-1 4711 0\n'],
    ['an empty file', ''],
  ])('names no process from %s', (_, text) => {
    writeFileSync(join(journal.begin('one'), 'first-process'), text);
    expect(journal.entries()).toEqual([{ name: 'one', first: undefined }]);
  });

  it('is closed to others, and forgets more than once', () => {
    const own = journal.begin('one');
    expect(statSync(own).mode & 0o777).toBe(0o700);
    journal.end('one');
    journal.end('one');
    expect(existsSync(own)).toBe(false);
  });
});
