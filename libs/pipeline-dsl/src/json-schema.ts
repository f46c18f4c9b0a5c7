import { z } from 'zod';
import { aliases, pipelineFileSchema } from './schema.ts';

/**
 * The file's shape as JSON Schema draft-07 (the newest that YAML editors know), aliases included, made from
 * the same source that checks files.
 */
export function pipelineJsonSchema(): Record<string, unknown> {
  const made = z.toJSONSchema(pipelineFileSchema, {
    target: 'draft-7',
    io: 'input',
    override({ zodSchema, jsonSchema }) {
      const shape = zodSchema._zod.def.type === 'object' ? (jsonSchema.properties ?? {}) : {};
      if ('steps' in shape) jsonSchema.required = ['name', 'steps'];
      // Exactly one spelling of what must be there, at most one of the rest.
      if ('cmd' in shape) jsonSchema.allOf = [oneOf(aliases.id), oneOf(aliases.cmd)];
    },
  });
  return { ...made, title: 'Millrace pipeline' };
}

function oneOf(spellings: readonly string[]) {
  return { oneOf: spellings.map((key) => ({ required: [key] })) };
}
