import { expect, it } from 'vitest';
import { compilePipeline } from './compile.ts';
import type { MisfitOf } from './misfits.ts';

const text = `name: t
defaults: { runs-on: ubuntu-latest }
steps:
  - { id: a, cmd: x }
  - { id: b, cmd: x, depends_on: a }
  - id: c
    cmd: x
    tags: [gpu]
    image: node:22
    depends_on: b
`;
const found = (misfitOf?: MisfitOf) =>
  compilePipeline(text, misfitOf ? { misfitOf } : {}).diagnostics.map(
    ({ line, column, code, message, hint }) => `${line}:${column} ${code} ${message} (${hint})`,
  );

it('warns at the key that asks for it, in defaults once', () => {
  const misfitOf: MisfitOf = (plan, id) => {
    const step = plan.steps.find((each) => each.id === id);
    return { about: 'labels', message: `no executor has ${step?.labels}`, hint: 'there is x' };
  };
  expect(found(misfitOf)).toEqual([
    '2:22 lint.no-executor no executor has ubuntu-latest (there is x)',
    '8:11 lint.no-executor no executor has gpu (there is x)',
  ]);
  const image: MisfitOf = (_, id) =>
    id === 'c' ? { about: 'image', message: 'no image', hint: 'host' } : undefined;
  expect(found(image)).toEqual(['9:12 lint.no-executor no image (host)']);
  const isolation: MisfitOf = (_, id) =>
    id === 'b' ? { about: 'isolation', message: 'no', hint: 'none' } : undefined;
  expect(found(isolation)).toEqual(['5:5 lint.no-executor no (none)']);
});

it('keeps to what it can know where executors are not known, and changes no plan', () => {
  expect(found().map((line) => line.split(' ')[1])).toEqual(['lint.hosted-runner']);
  const misfitOf: MisfitOf = () => ({ about: 'labels', message: 'm', hint: 'h' });
  const hashes = [compilePipeline(text), compilePipeline(text, { misfitOf })].map((result) =>
    result.ok ? result.planHash : '',
  );
  expect(hashes[0]).toBe(hashes[1]);
});
