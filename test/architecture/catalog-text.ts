import { z } from 'zod';
import { appendedBy, catalog, type EventType } from '#libs/events';
import { projections } from '../../libs/projections/src/catalog.ts';
import { consumers } from './consumers.ts';

interface JsonSchema {
  readonly properties?: Readonly<Record<string, object>>;
  readonly required?: readonly string[];
}

/** The catalog of events as it stands in libs/events/CATALOG.md. */
export function catalogText(): string {
  const rows = catalog.map(({ number, definition }) => {
    const type = definition.type as EventType;
    const reacts = consumers.flatMap(({ name, handles }) =>
      handles[type] === undefined ? [] : [`${name}: ${handles[type]}`],
    );
    const readModels = projections.flatMap(({ name, handles }) =>
      handles.includes(type) ? [name] : [],
    );
    const cells = [
      `\`${type}\``,
      `${number}, v${definition.schemaVersion}`,
      fields(definition.schema),
      appendedBy[type],
      reacts.join('; ') || '–',
      readModels.join(', ') || '–',
    ];
    return `| ${cells.join(' | ')} |`;
  });
  return [
    '# Catalog of events',
    '',
    'Generated from `src/catalog.ts`, `src/appended-by.ts`, and the tables of handled types that stand beside each consumer and each',
    'projection, by `test/architecture/generate-catalog.ts`. Beside the data each event has the envelope of `src/envelope.ts`. A field with',
    '`?` may be absent.',
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
