import { describe, expect, it } from 'vitest';
import { openApiDocument } from './openapi.ts';
import { operations } from './operations.ts';

interface Described {
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
  readonly paths: Record<
    string,
    Record<
      string,
      {
        readonly security?: unknown;
        readonly responses: object;
        readonly requestBody?: { readonly content: object };
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

  it('names each noun once, and leaves no reference dangling', () => {
    const references = [...text.matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)];
    const names = Object.keys(document.components.schemas);
    expect(new Set(references.map(([, name]) => name))).toEqual(new Set(names));
    expect(names).toEqual(expect.arrayContaining(['Problem', 'Run', 'Step', 'StartRun', 'Event']));
    expect(text).not.toContain('$defs');
  });

  it('says nothing for which generators of clients drop an operation', () => {
    // An object as a default, and bytes by another name: https://pypi.org/project/openapi-python-client/
    expect(text).not.toMatch(/"default":[[{](?!\s*"description")/);
    const bodies = Object.values(document.paths).flatMap((item) =>
      Object.values(item).flatMap(({ requestBody }) => Object.keys(requestBody?.content ?? {})),
    );
    expect(new Set(bodies)).toEqual(new Set(['application/json', 'application/octet-stream']));
  });

  it('leaves answers open to members that come later', () => {
    const { schemas } = document.components;
    for (const noun of ['Run', 'Step', 'Problem', 'Executor'])
      expect(schemas[noun]).not.toHaveProperty('additionalProperties');
    expect(schemas.StartRun).toMatchObject({ additionalProperties: false });
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
