import { z } from 'zod';
import { invariant } from '#libs/kernel';

export type JsonObject = Record<string, unknown>;
/** `input`: what a request may hold. `output`: what an answer holds. */
export type Direction = 'input' | 'output';

/** The nouns of the API: each schema that has a name stands once, and is referred to. */
export class Components {
  readonly schemas: Record<string, JsonObject> = {};

  schemaOf(schema: z.ZodType, direction: Direction): JsonObject {
    const { $defs = {}, ...json } = toJsonSchema(schema, direction) as {
      $defs?: Record<string, JsonObject>;
    };
    for (const [name, definition] of Object.entries($defs)) this.#add(name, definition);
    return json;
  }

  /** A noun that requests and answers describe differently needs two names. */
  #add(name: string, definition: JsonObject): void {
    const known = this.schemas[name];
    invariant(
      known === undefined || JSON.stringify(known) === JSON.stringify(definition),
      `${name} has two schemas`,
    );
    this.schemas[name] = definition;
  }
}

/** The fields of a request that stand outside of its body. */
export function parametersOf(
  schema: z.ZodObject | undefined,
  place: 'path' | 'query' | 'header',
): JsonObject[] {
  if (!schema) return [];
  const { properties = {}, required = [] } = toJsonSchema(schema, 'input') as {
    properties?: Record<string, JsonObject>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, { description, ...property }]) => ({
    name,
    in: place,
    required: place === 'path' || required.includes(name),
    description,
    schema: property,
  }));
}

function toJsonSchema(schema: z.ZodType, direction: Direction): JsonObject {
  // Wrapped, so that a schema with a name becomes a reference wherever it stands.
  const json = z.toJSONSchema(z.object({ schema }), {
    io: direction,
    unrepresentable: 'any',
    override: ({ jsonSchema }) => simplify(jsonSchema, direction),
  });
  const { properties, $defs } = JSON.parse(
    JSON.stringify(json).replaceAll('"#/$defs/', '"#/components/schemas/'),
  ) as { properties: { schema: JsonObject }; $defs?: JsonObject };
  return { ...properties.schema, ...($defs ? { $defs } : {}) };
}

/**
 * zod writes a long pattern beside each format: noise for readers. Answers
 * may get members, so none is closed. A default that is an object stands in words: generators of clients drop the operation
 * for it.
 */
function simplify(jsonSchema: JsonObject, direction: Direction): void {
  if (jsonSchema.format !== undefined) delete jsonSchema.pattern;
  if (jsonSchema.type === 'integer') describeWidth(jsonSchema);
  if (direction === 'output' && jsonSchema.additionalProperties === false)
    delete jsonSchema.additionalProperties;
  if (typeof jsonSchema.default === 'object' && jsonSchema.default !== null) {
    const words = `Default: ${JSON.stringify(jsonSchema.default)}.`;
    jsonSchema.description = [jsonSchema.description, words].filter(Boolean).join(' ');
    delete jsonSchema.default;
  }
}

const int32 = { min: -(2 ** 31), max: 2 ** 31 - 1 };

/** Generators take an integer without a format for one of 32 bits. The bounds of a format that has them are not said twice. */
function describeWidth(integer: JsonObject): void {
  const { minimum = Number.MIN_SAFE_INTEGER, maximum = Number.MAX_SAFE_INTEGER } = integer as {
    minimum?: number;
    maximum?: number;
  };
  integer.format = minimum >= int32.min && maximum <= int32.max ? 'int32' : 'int64';
  if (minimum === int32.min) delete integer.minimum;
  if (maximum === int32.max) delete integer.maximum;
}
