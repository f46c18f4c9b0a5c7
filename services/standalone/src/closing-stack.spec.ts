import { expect, it } from 'vitest';
import { ClosingStack } from './closing-stack.ts';

it('closes the last first, each once and after the one before has closed', async () => {
  const closed: string[] = [];
  const stack = new ClosingStack();
  stack.add(() => closed.push('database'));
  stack.add(async () => {
    await new Promise(setImmediate);
    closed.push('api');
  });
  await stack.close();
  await stack.close();
  expect(closed).toEqual(['api', 'database']);
});
