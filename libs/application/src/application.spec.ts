import { expect, it } from 'vitest';
import { type Operation, operations } from '#libs/api-contract';
import { memoryApplication } from '#libs/testkit';

it('the commands are the operations that change something', () => {
  const changing = Object.entries<Operation>(operations).flatMap(([name, { method }]) =>
    method === 'GET' || name === 'validatePipeline' ? [] : [name],
  );
  expect(Object.keys(memoryApplication([]).application).sort()).toEqual(changing.sort());
});
