import { describe, expect, it } from 'vitest';
import { openApiDocument } from './openapi.ts';
import { operations } from './operations.ts';

interface Described {
  readonly paths: Record<
    string,
    Record<
      string,
      {
        readonly security?: unknown;
        readonly responses: object;
        readonly parameters: readonly {
          name: string;
          in: string;
          schema: { description?: string };
        }[];
      }
    >
  >;
}

describe('openApiDocument', () => {
  const text = JSON.stringify(openApiDocument('1.2.3'));
  const document = JSON.parse(text) as Described;

  it('describes every operation', () => {
    for (const { path, method, status } of Object.values(operations)) {
      expect(Object.keys(document.paths[path]?.[method.toLowerCase()]?.responses ?? {})).toEqual([
        String(status),
        'default',
      ]);
    }
  });

  it('leaves no reference dangling', () => {
    const references = [...text.matchAll(/"\$ref":"([^"]+)"/g)].map(([, reference]) => reference);
    expect(new Set(references)).toEqual(new Set(['#/components/schemas/Problem']));
  });

  it('says what a cursor is wherever there is one, and where a stream is resumed', () => {
    const parameters = Object.values(document.paths).flatMap((item) =>
      Object.values(item).flatMap((operation) => operation.parameters),
    );
    const cursors = parameters.filter(({ name }) => name === 'cursor');
    expect(cursors).toHaveLength(8);
    for (const { schema } of cursors) expect(schema.description).toContain('`next`');
    expect(text.match(/"next":\{[^{}]*"description":"The `cursor`/g)).toHaveLength(9);
    expect(document.paths['/api/v1/events/stream']?.get?.parameters).toContainEqual(
      expect.objectContaining({ name: 'Last-Event-ID', in: 'header', required: false }),
    );
  });

  it('names every parameter of a path', () => {
    for (const [path, item] of Object.entries(document.paths)) {
      const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      for (const operation of Object.values(item)) {
        expect(
          operation.parameters
            .filter((parameter) => parameter.in === 'path')
            .map(({ name }) => name),
        ).toEqual(names);
      }
    }
  });

  it('opens only health, version, and what explains the API', () => {
    const open = Object.entries(document.paths).flatMap(([path, item]) =>
      Object.values(item).flatMap(({ security }) => (security ? [path] : [])),
    );
    expect(open).toEqual([
      '/api/v1/openapi.json',
      '/docs/problems/{code}',
      '/livez',
      '/readyz',
      '/version',
    ]);
  });
});
