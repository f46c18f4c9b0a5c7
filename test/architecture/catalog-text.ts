import { z } from 'zod';
import { catalog, type EventType, reactions } from '#libs/events';

interface JsonSchema {
  readonly properties?: Readonly<Record<string, object>>;
  readonly required?: readonly string[];
}

/** The catalog of events as it stands in libs/events/CATALOG.md. */
export function catalogText(): string {
  const rows = catalog.map(({ number, definition }) => {
    const { appendedBy, reacts, readModels } = reactions[definition.type as EventType];
    const cells = [
      `\`${definition.type}\``,
      `${number}, v${definition.schemaVersion}`,
      fields(definition.schema),
      appendedBy,
      reacts.join('; ') || '–',
      readModels.join(', ') || '–',
    ];
    return `| ${cells.join(' | ')} |`;
  });
  return [
    '# Catalog of events',
    '',
    'Generated from `src/catalog.ts` and `src/reactions.ts` by `test/architecture/generate-catalog.ts`. Beside the data each event',
    'has the envelope of `src/envelope.ts`. A field with `?` may be absent.',
    '',
    '| event | number, version | data | appended by | who reacts | read models |',
    '| --- | --- | --- | --- | --- | --- |',
    ...rows,
    '',
  ].join('\n');
}

function fields(schema: z.ZodType): string {
  const { properties = {}, required = [] } = z.toJSONSchema(schema, {
    unrepresentable: 'any',
  }) as JsonSchema;
  return Object.keys(properties)
    .map((name) => (required.includes(name) ? name : `${name}?`))
    .join(', ');
}
