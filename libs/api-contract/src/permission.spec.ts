import { expect, it } from 'vitest';
import { serverOperations } from './local-server.ts';
import { openApiDocument } from './openapi.ts';
import type { Operation } from './operation.ts';
import { operations } from './operations.ts';
import { allPermissions, localPermissions, remotePermissions } from './permission.ts';

const all = Object.values<Operation>({ ...operations, ...serverOperations });

it('an operation that says nothing about permissions does not compile', () => {
  const { requires: _, ...rest } = operations.listRuns;
  // @ts-expect-error it has to say what its caller has to show
  const forgotten: Operation = rest;
  expect(forgotten.requires).toBeUndefined();
});

it('a permission that no operation requires, and no run has use for, is not on the list', () => {
  const required = new Set<string>(all.map(({ requires }) => requires));
  const beside = ['executors:register', 'runs:use-host'];
  const idle = [...allPermissions].filter((name) => !required.has(name) && !beside.includes(name));
  expect(idle).toEqual([]);
});

it('no permission of the public face is for the local administrator alone', () => {
  for (const { id, requires } of Object.values<Operation>(operations))
    expect(localPermissions, id).not.toContain(requires);
  expect(remotePermissions.size + localPermissions.size).toBe(allPermissions.size);
});

it('openapi.json names the permission of each operation', () => {
  const { paths } = openApiDocument('1.0.0') as {
    paths: Record<string, Record<string, Record<string, unknown>>>;
  };
  for (const { path, method, requires } of Object.values<Operation>(operations)) {
    const described = paths[path]?.[method.toLowerCase()];
    const isOpen = requires === 'nothing';
    expect(described?.['x-required-permission'], path).toBe(isOpen ? undefined : requires);
  }
});
