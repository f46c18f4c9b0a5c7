import { z } from 'zod';
import { invariant, listed } from '#libs/kernel';
import type { Operation } from './operation.ts';
import { operations } from './operations.ts';
import { problemSchema } from './problem.ts';

type JsonObject = Record<string, unknown>;

/** OpenAPI 3.1 (JSON Schema 2020-12), made from the operations table. Pure: the same table gives the same document. */
export function openApiDocument(version: string): JsonObject {
  const paths: Record<string, JsonObject> = {};
  const components = new Components();
  const problem = components.schemaOf(problemSchema, 'output');
  for (const operation of Object.values<Operation>(operations)) {
    const item = paths[operation.path] ?? {};
    item[operation.method.toLowerCase()] = describe(operation, { components, problem });
    paths[operation.path] = item;
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Millrace', version, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    servers: [{ url: '/', description: 'The server that this document comes from.' }],
    security: [{ bearer: [] }],
    paths,
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } },
      schemas: components.schemas,
    },
  };
}

function describe(
  operation: Operation,
  { components, problem }: { readonly components: Components; readonly problem: JsonObject },
): JsonObject {
  const parameters = [
    ...parametersOf(operation.params, 'path'),
    ...parametersOf(operation.query, 'query'),
    ...parametersOf(operation.headers, 'header'),
    ...(operation.takesIdempotencyKey
      ? [
          {
            name: 'Idempotency-Key',
            in: 'header',
            required: false,
            schema: { type: 'string', maxLength: 255 },
          },
        ]
      : []),
  ];
  const described: JsonObject = {
    operationId: operation.id,
    tags: [operation.tag],
    summary: operation.summary,
    ...(operation.description === undefined ? {} : { description: operation.description }),
    ...accessTo(operation),
    parameters,
    responses: {
      [String(operation.status)]: {
        description: 'Success',
        ...(operation.response || operation.responseType
          ? {
              content: {
                [operation.responseType ?? 'application/json']: {
                  schema: operation.response
                    ? components.schemaOf(operation.response, 'output')
                    : { type: 'string' },
                },
                ...(operation.textType
                  ? { [operation.textType]: { schema: { type: 'string' } } }
                  : {}),
              },
            }
          : {}),
      },
      default: {
        description: 'A problem',
        content: {
          'application/problem+json': { schema: problem },
        },
      },
    },
  };
  if (operation.body)
    described.requestBody = {
      required: true,
      content: { 'application/json': { schema: components.schemaOf(operation.body, 'input') } },
    };
  else if (operation.bodyTypes) {
    // One type: generators of clients know bytes by this name alone, and drop an operation that has others.
    const content = {
      'application/octet-stream': { schema: { type: 'string', format: 'binary' } },
    };
    const description = `Also as ${listed(operation.bodyTypes)}.`;
    described.requestBody = { description, required: true, content };
  }
  return described;
}

function accessTo({ requires }: Operation): JsonObject {
  return requires === 'nothing' ? { security: [] } : { 'x-required-permission': requires };
}

function parametersOf(
  schema: z.ZodObject | undefined,
  place: 'path' | 'query' | 'header',
): JsonObject[] {
  if (!schema) return [];
  const described = toJsonSchema(schema, 'input') as {
    properties?: Record<string, JsonObject>;
    required?: string[];
  };
  return Object.entries(described.properties ?? {}).map(([name, property]) => ({
    name,
    in: place,
    required: place === 'path' || (described.required ?? []).includes(name),
    schema: property,
  }));
}

/** The nouns of the API: each schema that has a name stands once, and is referred to. */
class Components {
  readonly schemas: Record<string, JsonObject> = {};

  schemaOf(schema: z.ZodType, io: 'input' | 'output'): JsonObject {
    const { $defs = {}, ...json } = toJsonSchema(schema, io) as {
      $defs?: Record<string, JsonObject>;
    };
    for (const [name, definition] of Object.entries($defs)) this.#add(name, definition);
    return json;
  }

  /** A noun that requests and answers say differently would need two names. */
  #add(name: string, definition: JsonObject): void {
    const known = this.schemas[name];
    invariant(
      known === undefined || JSON.stringify(known) === JSON.stringify(definition),
      `${name} has two schemas`,
    );
    this.schemas[name] = definition;
  }
}

function toJsonSchema(schema: z.ZodType, io: 'input' | 'output'): JsonObject {
  const json = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    override: ({ jsonSchema }) => simplify(jsonSchema, io),
  });
  const text = JSON.stringify({ ...json, $schema: undefined });
  return JSON.parse(text.replaceAll('"#/$defs/', '"#/components/schemas/')) as JsonObject;
}

/**
 * zod writes a long pattern beside each format, and the safe-integer bounds beside each integer: noise for readers. Answers may get
 * members, so none is closed. A default that is an object stands in words: generators of clients drop the operation for it.
 */
function simplify(jsonSchema: JsonObject, io: 'input' | 'output'): void {
  if (jsonSchema.format !== undefined) delete jsonSchema.pattern;
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
  if (io === 'output' && jsonSchema.additionalProperties === false)
    delete jsonSchema.additionalProperties;
  if (typeof jsonSchema.default === 'object' && jsonSchema.default !== null) {
    const words = `Default: ${JSON.stringify(jsonSchema.default)}.`;
    jsonSchema.description = [jsonSchema.description, words].filter(Boolean).join(' ');
    delete jsonSchema.default;
  }
}
