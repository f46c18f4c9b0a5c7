import { z } from 'zod';
import type { Operation } from './operation.ts';
import { operations } from './operations.ts';
import { problemSchema } from './problem.ts';

type JsonObject = Record<string, unknown>;

/** OpenAPI 3.1 (JSON Schema 2020-12), made from the operations table. Pure: the same table gives the same document. */
export function openApiDocument(version: string): JsonObject {
  const paths: Record<string, JsonObject> = {};
  for (const operation of Object.values<Operation>(operations)) {
    const item = paths[operation.path] ?? {};
    item[operation.method.toLowerCase()] = describe(operation);
    paths[operation.path] = item;
  }
  return {
    openapi: '3.1.0',
    info: { title: 'Millrace', version, license: { name: 'Apache-2.0', identifier: 'Apache-2.0' } },
    security: [{ bearer: [] }],
    paths,
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } },
      schemas: { Problem: toJsonSchema(problemSchema, 'output') },
    },
  };
}

function describe(operation: Operation): JsonObject {
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
    parameters,
    responses: {
      [String(operation.status)]: {
        description: 'Success',
        ...(operation.response || operation.responseType
          ? {
              content: {
                [operation.responseType ?? 'application/json']: {
                  schema: operation.response
                    ? toJsonSchema(operation.response, 'output')
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
          'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } },
        },
      },
    },
  };
  if (operation.isOpen) described.security = [];
  const bodyType = operation.bodyType ?? 'application/json';
  if (operation.body)
    described.requestBody = {
      required: true,
      content: { [bodyType]: { schema: toJsonSchema(operation.body, 'input') } },
    };
  else if (operation.bodyType)
    described.requestBody = {
      required: true,
      content: { [bodyType]: { schema: { type: 'string', format: 'binary' } } },
    };
  return described;
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

function toJsonSchema(schema: z.ZodType, io: 'input' | 'output'): JsonObject {
  const json = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    override: ({ jsonSchema }) => simplify(jsonSchema),
  });
  delete (json as JsonObject).$schema;
  return json as JsonObject;
}

/** zod writes a long pattern beside each format, and the safe-integer bounds beside each integer: noise for readers. */
function simplify(jsonSchema: JsonObject): void {
  if (jsonSchema.format !== undefined) delete jsonSchema.pattern;
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
}
