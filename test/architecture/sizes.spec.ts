import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '..', '..');
const fileLinesMax = 300;
const functionLinesMax = 60;

/** What is larger all the same, with its lines: an entry may shrink, or go; none may come or grow. */
const larger: Readonly<Record<string, number>> = {
  'libs/event-store/src/appender.ts': 313,
};

const sources = ['libs', 'services'].flatMap((floor) =>
  readdirSync(join(root, floor), { recursive: true, encoding: 'utf8' })
    .filter((path) => /\/src\/.*\.ts$/.test(path) && !/\.(?:spec|contract)\.ts$/.test(path))
    .filter((path) => !path.includes('node_modules'))
    .map((path) => `${floor}/${path}`),
);

it('no file and no function becomes too large to read at once', () => {
  expect(sources.length).toBeGreaterThan(400);
  const found = Object.fromEntries(sources.flatMap(sizesOf));
  const grown = Object.entries(found).filter(([what, lines]) => lines > (larger[what] ?? 0));
  expect(Object.fromEntries(grown)).toEqual({});
  const over = Object.keys(larger).filter((what) => found[what] === undefined);
  expect(over, 'these fit by now: take them off the list').toEqual([]);
});

/** The file and the functions in it that are larger than usual, with their lines. */
function sizesOf(path: string): readonly (readonly [string, number])[] {
  const text = readFileSync(join(root, path), 'utf8');
  const lines = text.split('\n').length - 1;
  const found: [string, number][] = lines > fileLinesMax ? [[path, lines]] : [];
  if (lines <= functionLinesMax) return found;
  const source = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const lineOf = (position: number) => source.getLineAndCharacterOfPosition(position).line;
  const visit = (node: ts.Node) => {
    if (ts.isFunctionLike(node) && 'body' in node && node.body !== undefined) {
      const length = lineOf(node.end) - lineOf(node.getStart()) + 1;
      const name = node.name?.getText() ?? `line ${lineOf(node.getStart()) + 1}`;
      if (length > functionLinesMax) found.push([`${path} ${name}`, length]);
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}
