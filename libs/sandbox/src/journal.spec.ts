import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
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

  it('shows nothing of a sandbox that is gone in the directory of a later one', () => {
    journal.begin('one');
    journal.recordFirstProcess('one', { pid: 42, startTicks: '4711' });
    journal.end('one');
    expect(new Journal(dir).entries()).toEqual([]);
    journal.begin('again');
    journal.recordFirstProcess('again', { pid: 4_194_304, startTicks: '471147114711' });
    journal.end('again');
    for (const name of ['two', 'three']) {
      expect(readdirSync(journal.begin(name)).filter((file) => file !== 'first-process')).toEqual(
        [],
      );
    }
    journal.recordFirstProcess('three', { pid: 7, startTicks: '1' });
    expect(journal.entries().toSorted((a, b) => a.name.localeCompare(b.name))).toEqual([
      { name: 'three', first: { pid: 7, startTicks: '1' } },
      { name: 'two', first: undefined },
    ]);
  });

  it('does not pass on what a sandbox left beside its record', () => {
    const own = journal.begin('one');
    journal.recordFirstProcess('one', { pid: 42, startTicks: '4711' });
    writeFileSync(join(own, 'config.json'), '{}');
    journal.end('one');
    expect(readdirSync(journal.begin('two'))).toEqual([]);
  });

  it('is closed to others, and forgets more than once', () => {
    const own = journal.begin('one');
    expect(statSync(own).mode & 0o777).toBe(0o700);
    journal.end('one');
    journal.end('one');
    expect(existsSync(own)).toBe(false);
  });
});
