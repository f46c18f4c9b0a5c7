import { describe, expect, it } from 'vitest';
import { describeError } from '#libs/kernel';
import { openApiDocument } from './openapi.ts';
import type { Operation } from './operation.ts';
import { errorsOf } from './operation-errors.ts';
import { operations } from './operations.ts';
import { localPermissions, permissions } from './permission.ts';

interface Described {
  readonly description?: string;
}
interface Schema extends Described {
  readonly $ref?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: unknown;
}
interface Parameter extends Described {
  readonly name: string;
  readonly in: string;
}
interface DescribedOperation extends Described {
  readonly summary: string;
  readonly security?: unknown;
  readonly parameters: readonly Parameter[];
  readonly requestBody?: Described & { readonly content: object };
  readonly responses: Readonly<
    Record<string, Described & { readonly 'x-problem-codes'?: readonly string[] }>
  >;
}
interface Document {
  readonly servers: readonly (Described & { readonly url: string })[];
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
  readonly paths: Readonly<Record<string, Readonly<Record<string, DescribedOperation>>>>;
}

const text = JSON.stringify(openApiDocument('1.2.3'));
const document = JSON.parse(text) as Document;
const described = Object.entries(document.paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, operation]) => ({
    at: `${method.toUpperCase()} ${path}`,
    operation,
  })),
);

/** Every object in the document, with the way to it. */
function* objects(value: unknown, at = ''): Iterable<readonly [string, Record<string, unknown>]> {
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value)) yield [at, value as Record<string, unknown>];
  for (const [key, child] of Object.entries(value))
    yield* objects(child, `${at}/${key.replaceAll('/', '~1')}`);
}

/** The schemas that requests refer to, directly or not, or that answers do. */
function reached(isStart: (at: string) => boolean): ReadonlySet<string> {
  const names = new Set<string>();
  const visit = (value: unknown) => {
    for (const [, { $ref }] of objects(value)) {
      const name = typeof $ref === 'string' ? ($ref.split('/').at(-1) ?? '') : '';
      if (name === '' || names.has(name)) continue;
      names.add(name);
      visit(document.components.schemas[name]);
    }
  };
  for (const [at, value] of objects(document.paths)) if (isStart(at)) visit(value);
  return names;
}

describe('openApiDocument', () => {
  it('describes every operation, with the problems that it can answer', () => {
    for (const operation of Object.values<Operation>(operations)) {
      const { path, method, status, otherAnswers = {} } = operation;
      const responses = document.paths[path]?.[method.toLowerCase()]?.responses ?? {};
      const codes = errorsOf(operation);
      const statuses = [status, ...codes.map((code) => describeError(code).status)];
      const others = codes.some((code) => describeError(code).status < 500) ? [] : ['4XX'];
      const expected = new Set([...statuses, ...Object.keys(otherAnswers), ...others].map(String));
      expect(new Set(Object.keys(responses)), path).toEqual(expected);
      const named = Object.values(responses).flatMap((answer) => answer['x-problem-codes'] ?? []);
      expect(new Set(named), path).toEqual(new Set(codes));
    }
    expect(described).toHaveLength(Object.keys(operations).length);
  });

  it('leaves nothing without a description', () => {
    const bare = [...objects(document)].flatMap(([at, value]) => {
      const properties = at.endsWith('/schema') || at.includes('/schemas/') ? value.properties : {};
      // What a reference names says what it is itself.
      return Object.entries((properties ?? {}) as Record<string, Schema>)
        .filter(([, property]) => !property.description && property.$ref === undefined)
        .map(([name]) => `${at} ${name}`);
    });
    for (const [name, schema] of Object.entries(document.components.schemas))
      if (!schema.description) bare.push(name);
    for (const { at, operation } of described) {
      const { summary, description, parameters, requestBody, responses } = operation;
      if (!summary || !description || description === summary) bare.push(at);
      for (const parameter of parameters)
        if (!parameter.description) bare.push(`${at} ${parameter.name}`);
      if (requestBody && !requestBody.description) bare.push(`${at} body`);
      for (const [status, answer] of Object.entries(responses))
        if (!answer.description) bare.push(`${at} ${status}`);
    }
    expect(bare).toEqual([]);
    expect(document.servers).toEqual([{ url: '/', description: expect.any(String) }]);
  });

  it('names each noun once, and leaves no reference dangling', () => {
    const references = [...text.matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)];
    const names = Object.keys(document.components.schemas);
    expect(new Set(references.map(([, name]) => name))).toEqual(new Set(names));
    expect(text).not.toContain('$defs');
    // An object without a name would get one from each generator of clients.
    const nameless = [...objects(document)]
      .filter(([at, { properties }]) => properties && !/^\/components\/schemas\/\w+$/.test(at))
      .map(([at]) => at);
    expect(nameless).toEqual([]);
  });

  it('says nothing for which generators of clients drop an operation', () => {
    // An object as a default, and bytes by another name: https://pypi.org/project/openapi-python-client/
    expect(text).not.toMatch(/"default":[[{](?!\s*"description")/);
    const bodies = described.flatMap(({ operation }) =>
      Object.keys(operation.requestBody?.content ?? {}),
    );
    expect(new Set(bodies)).toEqual(new Set(['application/json', 'application/octet-stream']));
  });

  it('leaves answers open to members that come later, and refuses unknown ones in requests', () => {
    const isClosed = (name: string) =>
      document.components.schemas[name]?.additionalProperties === false;
    const answers = reached((at) => at.includes('/responses/'));
    expect([...answers].filter(isClosed)).toEqual([]);
    const requests = [...reached((at) => at.includes('/requestBody/'))];
    const open = requests.filter(
      (name) => document.components.schemas[name]?.properties && !isClosed(name),
    );
    expect(open).toEqual([]);
    expect(requests).toEqual(expect.arrayContaining(['StartRun', 'GitSourceRequest']));
  });

  it('describes a stream as text, and names what an item of it is', () => {
    const streams = [...objects(document)].flatMap(([at, value]) =>
      at.endsWith('/text~1event-stream') ? [value] : [],
    );
    const item = (name: string) => ({
      schema: { type: 'string', description: expect.stringContaining(`\`${name}\``) },
      'x-item-schema': { $ref: `#/components/schemas/${name}` },
    });
    expect(streams).toEqual([item('RunStreamItem'), item('Event')]);
  });

  it('says which permissions there are, and who has them', () => {
    const { info, components } = openApiDocument('1.2.3') as {
      info: Described;
      components: { securitySchemes: { bearer: Described } };
    };
    for (const name of permissions) expect(info.description).toContain(`- \`${name}\`: `);
    for (const text of [info.description, components.securitySchemes.bearer.description]) {
      expect(text).toContain('x-required-permission');
      for (const name of localPermissions) expect(text).toContain(`\`${name}\``);
    }
  });

  it('leaves the words of answers open as well, and lists those of today', () => {
    const answers = reached((at) => at.includes('/responses/'));
    const closed = [...answers].flatMap((name) =>
      [...objects(document.components.schemas[name])]
        .filter(([, schema]) => schema.enum !== undefined)
        .map(([at]) => name + at),
    );
    expect(closed).toEqual([]);
    expect(document.components.schemas.Outcome).toMatchObject({
      type: 'string',
      'x-extensible-enum': expect.arrayContaining(['success', 'failure']),
    });
    expect(document.components.schemas.IsolationRequest).toMatchObject({
      enum: ['none', 'standard', 'strict'],
    });
  });

  it('says of every integer whether it fits into 32 bits, and the bounds of the larger ones', () => {
    const integers = [...objects(document)].filter(([, { type }]) => type === 'integer');
    expect(integers.filter(([, { format }]) => format === undefined)).toEqual([]);
    const wide = integers.filter(([, { format }]) => format === 'int64');
    expect(wide.filter(([, { maximum }]) => Number(maximum) <= 2 ** 31)).toEqual([]);
    const { Usage, Attempt } = document.components.schemas;
    expect(Usage?.properties?.memoryPeakBytes).toMatchObject({
      ...{ format: 'int64', minimum: 0, maximum: Number.MAX_SAFE_INTEGER },
    });
    expect(Attempt?.properties?.fence).toMatchObject({ format: 'int64' });
    expect(Attempt?.properties?.attempt).toMatchObject({ format: 'int32' });
  });

  it('says what a cursor is wherever there is one, and where a stream is resumed', () => {
    const cursors = described.flatMap(({ operation }) =>
      operation.parameters.filter(({ name }) => name === 'cursor'),
    );
    expect(cursors).toHaveLength(8);
    for (const { description } of cursors) expect(description).toContain('`next`');
    const pages = Object.keys(document.components.schemas).filter((name) => /Page$/.test(name));
    for (const name of pages)
      expect(document.components.schemas[name]?.properties?.next?.description).toContain('cursor');
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
    const open = described.flatMap(({ at, operation }) => (operation.security ? [at] : []));
    expect(open).toEqual([
      'GET /api/v1/openapi.json',
      'GET /docs/problems/{code}',
      'GET /livez',
      'GET /readyz',
      'GET /version',
    ]);
  });
});

it('answers are read though they have members and words that come later, however deep', () => {
  const grown = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(grown);
    if (typeof value !== 'object' || value === null) return value;
    const members = Object.entries(value).map(([key, child]) => [key, grown(child)]);
    return { ...Object.fromEntries(members), aLaterMember: 1 };
  };
  const at = '2026-01-31T12:00:00.000Z';
  const id = '01900000-0000-7000-8000-000000000001';
  const run = {
    ...{ id, number: 1, pipeline: 'p', planHash: 'a', status: 'finished', outcome: 'failure' },
    ...{
      queuedAt: at,
      startedAt: at,
      finishedAt: at,
      retryOf: null,
      isolation: 'none',
      position: 9,
    },
    trigger: { kind: 'cli', actor: 'user:admin' },
    source: { kind: 'git', url: 'https://example.org/a', commit: 'a'.repeat(40) },
    cancel: { by: 'user:admin', reason: null, at },
    failedSteps: ['a'],
    steps: [
      {
        ...{ id: 'a', name: 'a', status: 'finished', outcome: 'failure', cause: 'exit' },
        ...{ exitCode: 1, signal: null, allowFailure: false, dependsOn: [], skipReason: null },
        attempts: [
          {
            ...{ attempt: 1, executor: id, fence: 3, outcome: 'failure', cause: 'exit' },
            ...{ assignedAt: at, startedAt: at, finishedAt: at, exitCode: 1, signal: null },
            ...{ message: null, code: null, enforced: [], driver: 'oci' },
            usage: { wallMs: 1 },
            log: { bytes: 1, lines: 1, truncated: false },
            artifacts: [{ name: 'a', size: 1, sha256: 'a'.repeat(64) }],
          },
        ],
        waits: [{ reason: 'slots', from: at, to: at }],
      },
    ],
  };
  const later = { ...(grown(run) as object), inputs: {} };
  expect(operations.showRun.response.parse(later)).toEqual({ ...run, inputs: {} });
  const words = /"(finished|failure|exit|slots|cli|none)"/g;
  const renamed = JSON.parse(JSON.stringify({ ...run, inputs: {} }).replace(words, '"later"'));
  expect(operations.showRun.response.parse(renamed)).toEqual(renamed);
  expect(renamed).toMatchObject({ outcome: 'later', trigger: { kind: 'later' } });
});
