import { expect, it } from 'vitest';
import { readTree } from './read-tree.ts';
import { nodeAt, offsetAt, toValue } from './tree.ts';

function rootOf(text: string) {
  const tree = readTree(text);
  if (!tree.ok) throw new Error(tree.problems[0]?.message);
  return tree.root;
}
const plain = (text: string) => JSON.parse(JSON.stringify(toValue(rootOf(text))));

it('reads YAML 1.2 core, and below env and its like keeps what was written', () => {
  const scalars = '{a: 3.10, b: yes, c: 0o17, d: true, e: ~, f: 1_000, g: "1", h: 2026-01-01}';
  expect(plain(scalars)).toEqual({
    a: 3.1,
    b: 'yes',
    c: 15,
    d: true,
    e: null,
    f: '1_000',
    g: '1',
    h: '2026-01-01',
  });
  expect(plain(`env: ${scalars}`).env).toEqual({
    a: '3.10',
    b: 'yes',
    c: '0o17',
    d: 'true',
    e: '~',
    f: '1_000',
    g: '1',
    h: '2026-01-01',
  });
});

it('stays 1.2 whatever the directive says', () => {
  expect(plain('%YAML 1.1\n---\na: yes\nb: 017')).toEqual({ a: 'yes', b: 17 });
});

it('reads an anchor that is used as text and as a value in both ways', () => {
  expect(plain('a: &x {n: 1.0}\nenv: *x\nb: *x')).toEqual({
    a: { n: 1 },
    env: { n: '1.0' },
    b: { n: 1 },
  });
});

it('merges maps: own keys win, then earlier maps', () => {
  const text = 'x: &x {a: 1, b: 1}\ny: &y {b: 2, c: 2}\nz: {<<: [*x, *y], a: 0}\nq: {"<<": 1}';
  expect(plain(text)).toMatchObject({ z: { a: 0, b: 1, c: 2 }, q: { '<<': 1 } });
});

it('takes the anchor that was defined last', () => {
  expect(plain('[&a 1, *a, &a 2, *a]')).toEqual([1, 1, 2, 2]);
});

it('finds places by path, through aliases, and the nearest above what is missing', () => {
  const text = 'x: &x {id: 1}\nsteps:\n  - *x\n  - id: b\n';
  const root = rootOf(text);
  expect(offsetAt(root, ['steps', 0, 'id'], 'value')).toBe(text.indexOf('1}'));
  expect(offsetAt(root, ['steps', 1, 'id'], 'key')).toBe(text.indexOf('id: b'));
  expect(offsetAt(root, ['steps', 1, 'cmd'], 'value')).toBe(text.indexOf('id: b'));
  expect(nodeAt(root, []).kind).toBe('map');
});
