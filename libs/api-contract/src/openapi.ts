import { listed } from '#libs/kernel';
import { permissionText, whoMay } from './openapi-permissions.ts';
import { problemAnswers } from './openapi-problems.ts';
import { Components, type JsonObject, parametersOf } from './openapi-schemas.ts';
import type { Operation } from './operation.ts';
import { operations } from './operations.ts';
import { problemSchema } from './problem.ts';

/** OpenAPI 3.1 (JSON Schema 2020-12), made from the operations table. Pure: the same table gives the same document. */
export function openApiDocument(version: string): JsonObject {
  const paths: Record<string, JsonObject> = {};
  const components = new Components();
  const problem = components.schemaOf(problemSchema, 'output');
  for (const operation of Object.values<Operation>(operations)) {
    const item = paths[operation.path] ?? {};
    item[operation.method.toLowerCase()] = describe(operation, components, problem);
    paths[operation.path] = item;
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Millrace',
      version,
      description: `The public interface of a Millrace server. Requests are strict: an unknown member is refused. Answers are open: expect members that this document does not name, and words beyond those of an \`x-extensible-enum\`. Every failure is a problem document (RFC 9457) with a stable \`code\`.\n\n${permissionText}`,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/', description: 'The server that this document comes from.' }],
    security: [{ bearer: [] }],
    tags: Object.entries(tags).map(([name, description]) => ({ name, description })),
    paths,
    components: {
      securitySchemes: {
        bearer: {
          type: 'http',
          scheme: 'bearer',
          description: `${whoMay} An operation names its permission in \`x-required-permission\`.`,
        },
      },
      schemas: components.schemas,
    },
  };
}

/** The groups of operations. */
const tags: Readonly<Record<string, string>> = {
  pipelines: 'What runs follow: compiled plans under a name, in versions.',
  sources: 'The files of runs.',
  runs: 'Runs, their steps, logs and artifacts.',
  queue: 'Steps that wait for an executor.',
  executors: 'Processes that run steps.',
  events: 'The log: everything that happened, in order.',
  projections: 'Read models: tables that are built from the log.',
  server: 'The server itself.',
};

function describe(operation: Operation, components: Components, problem: JsonObject): JsonObject {
  const isOpen = operation.requires === 'nothing';
  const requestBody = requestBodyOf(operation, components);
  return {
    operationId: operation.id,
    tags: [operation.tag],
    summary: operation.summary,
    description: operation.description,
    ...(isOpen ? { security: [] } : { 'x-required-permission': operation.requires }),
    parameters: [
      ...parametersOf(operation.params, 'path'),
      ...parametersOf(operation.query, 'query'),
      ...parametersOf(operation.headers, 'header'),
      ...(operation.takesIdempotencyKey ? [idempotencyKey] : []),
    ],
    ...(requestBody === undefined ? {} : { requestBody }),
    responses: {
      [String(operation.status)]: answerOf(operation, components),
      ...otherAnswersOf(operation, components),
      ...problemAnswers(operation, problem),
    },
  };
}

const idempotencyKey: JsonObject = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description:
    'A text that names this request, 1 to 255 characters, such as a uuid. A repeat with the same key within a day gets the first answer; another request with it is refused.',
  schema: { type: 'string', minLength: 1, maxLength: 255 },
};

function requestBodyOf(operation: Operation, components: Components): JsonObject | undefined {
  const { body, bodyTypes } = operation;
  if (body)
    return {
      description: body.description ?? 'What is asked for.',
      required: true,
      content: { 'application/json': { schema: components.schemaOf(body, 'input') } },
    };
  if (!bodyTypes) return undefined;
  // One type: generators of clients know bytes by this name alone, and drop an operation that has others.
  return {
    description: `The bytes. They may also be sent as ${listed(bodyTypes)}.`,
    required: true,
    content: { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } },
  };
}

function answerOf(operation: Operation, components: Components): JsonObject {
  const { response, responseType, textType, query } = operation;
  const description = response?.description ?? 'The text or the bytes.';
  if (!response && !responseType) return { description };
  if (response && responseType === 'text/event-stream')
    return streamOf(components.schemaOf(response, 'output'));
  const isBytes = responseType === 'application/octet-stream';
  const text = isBytes ? { type: 'string', format: 'binary' } : { type: 'string' };
  const schema = response ? components.schemaOf(response, 'output') : text;
  const isPage = query !== undefined && 'cursor' in query.shape;
  return {
    description,
    ...(isPage ? { headers: { Link: linkHeader } } : {}),
    content: {
      [responseType ?? 'application/json']: { schema },
      ...(textType ? { [textType]: { schema: { type: 'string' } } } : {}),
    },
  };
}

/** Generators of clients take a schema here for that of the whole body, which is text; so it says only what an item is. */
function streamOf(item: JsonObject): JsonObject {
  const name = String(item.$ref).split('/').at(-1);
  const words = `Server-sent events. The \`data\` of each is JSON, a \`${name}\` of the components.`;
  return {
    description: words,
    content: {
      'text/event-stream': {
        schema: { type: 'string', description: words },
        'x-item-schema': item,
      },
    },
  };
}

const linkHeader: JsonObject = {
  description: 'The address of the next page, as `<…>; rel="next"`. Absent on the last page.',
  schema: { type: 'string' },
};

/** A 503 of this kind has the same body as the success. */
function otherAnswersOf(operation: Operation, components: Components): JsonObject {
  const answers = Object.entries(operation.otherAnswers ?? {}).map(([status, description]) => {
    const hasBody = status !== '204' && operation.response !== undefined;
    const { content } = hasBody ? answerOf(operation, components) : {};
    return [status, { description, ...(content ? { content } : {}) }];
  });
  return Object.fromEntries(answers) as JsonObject;
}
