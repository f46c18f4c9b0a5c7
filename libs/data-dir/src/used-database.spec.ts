import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { foreseeDatabase, hasUsedDatabase, noteDatabase } from './used-database.ts';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'millrace-used-database-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const url = 'postgres://user:very-secret@db.example:5433/runs?sslmode=require';
const cluster = () => mkdirSync(join(root, 'pg/cluster'), { recursive: true });
const note = () => readFileSync(join(root, 'database'), 'utf8');

/** What a directory holds, by how it came about. */
const pasts: Readonly<Record<string, () => void>> = {
  'is new': () => {},
  'had a first start that failed': () => {
    mkdirSync(join(root, 'pg'));
    writeFileSync(join(root, 'admin-token'), 'token\n');
  },
  'has the embedded one': () => {
    cluster();
    noteDatabase(root, undefined);
  },
  'has lost the embedded one': () => noteDatabase(root, undefined),
  'has lost its cluster alone': () => {
    mkdirSync(join(root, 'pg'));
    noteDatabase(root, undefined);
  },
  'has one elsewhere': () => noteDatabase(root, url),
  'has one elsewhere and had the embedded one': () => {
    cluster();
    noteDatabase(root, url);
  },
  'is older than the note and has the embedded one': () => {
    cluster();
    writeFileSync(join(root, 'admin-token'), 'token\n');
  },
  'is older than the note and has none here': () =>
    writeFileSync(join(root, 'admin-token'), 'token\n'),
};

function outcomeOf(named: string | undefined): string {
  try {
    return foreseeDatabase(root, named)?.replace(root, 'DIR') ?? 'fine';
  } catch (error) {
    const { code, message } = error as Error & { code: string };
    return `${code}: ${message.replaceAll(root, 'DIR')}`;
  }
}

const refused = (why: string) => `data-dir.no-database: ${why}`;
const gone = refused('the embedded database of DIR is gone: there is no DIR/pg/cluster');
const goneOrUnnamed = refused(
  'the database of DIR is gone: none is named, and there is no DIR/pg/cluster',
);
const unnamed = refused('DIR was used with a database elsewhere, and none is named now');
const former = '; if the former one in DIR/pg is meant, remove DIR/database';
const changed = (before: string) =>
  `DIR was used with ${before} before, and is with the one that is named from now on: runs of before are not in it`;

describe.each([
  ['is new', false, 'fine', 'fine', 'fine'],
  ['had a first start that failed', false, 'fine', 'fine', 'fine'],
  ['has the embedded one', true, 'fine', ...both(changed('its embedded database'))],
  ['has lost the embedded one', true, gone, ...both(changed('its embedded database'))],
  ['has lost its cluster alone', true, gone, ...both(changed('its embedded database'))],
  ['has one elsewhere', true, unnamed, 'fine', changed('another database')],
  [
    'has one elsewhere and had the embedded one',
    ...([true, unnamed + former, 'fine', changed('another database')] as const),
  ],
  [
    'is older than the note and has the embedded one',
    ...([true, 'fine', ...both(changed('its embedded database'))] as const),
  ],
  ['is older than the note and has none here', true, goneOrUnnamed, 'fine', 'fine'],
])('a data directory that %s', (past, isUsed, withNone, withOne, withAnother) => {
  beforeEach(() => pasts[past]?.());

  it('says whether it has had a database', () => expect(hasUsedDatabase(root)).toBe(isUsed));
  it('is judged where none is named', () => expect(outcomeOf(undefined)).toBe(withNone));
  it('is judged where one is named', () => expect(outcomeOf(url)).toBe(withOne));
  it('is judged where another is named', () =>
    expect(outcomeOf('postgres://user@db.example/other')).toBe(withAnother));
});

function both(outcome: string): readonly [string, string] {
  return [outcome, outcome];
}

describe('the note', () => {
  it.each([
    'postgres://user:very-secret@db.example:5433/runs',
    'postgresql://other:p%40ss@DB.example:5433/runs?application_name=x',
    'postgres:///runs?host=db.example&port=5433',
    'postgres://a:b@c@db.example:5433/runs',
  ])('knows the same database under %s', (named) => {
    noteDatabase(root, url);
    expect(outcomeOf(named)).toBe('fine');
  });

  it.each([
    'postgres://user:very-secret@db.example/runs',
    'postgres://user:very-secret@db2.example:5433/runs',
    'postgres://user:very-secret@db.example:5433/runs2',
    'postgres://user:very-secret@db.example:5433',
  ])('knows another one under %s', (named) => {
    noteDatabase(root, url);
    expect(outcomeOf(named)).toBe(changed('another database'));
  });

  it('holds nothing of the address, and is the last one', () => {
    noteDatabase(root, url);
    expect(note()).toMatch(/^sha256:[0-9a-f]{64}\n$/);
    noteDatabase(root, undefined);
    expect(note()).toBe('embedded\n');
    expect(readdirSync(root)).toEqual(['database']);
  });

  it('is not taken for missing where it cannot be read', () => {
    mkdirSync(join(root, 'database'));
    expect(outcomeOf(undefined)).toBe(
      'data-dir.not-writable: DIR/database cannot be read (EISDIR)',
    );
  });
});
