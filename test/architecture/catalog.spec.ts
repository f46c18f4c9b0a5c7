import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { catalog, type EventType, reactions } from '#libs/events';
import { projections } from '../../libs/projections/src/catalog.ts';
import { catalogText } from './catalog-text.ts';

it('is written down as it is', () => {
  expect(readFileSync(join(import.meta.dirname, '../../libs/events/CATALOG.md'), 'utf8')).toBe(
    catalogText(),
  );
});

it('names exactly the read models that take each event', () => {
  for (const { definition } of catalog) {
    const type = definition.type as EventType;
    const takers = projections
      .filter(({ handles }) => handles.includes(type))
      .map(({ name }) => name);
    expect({ type, readModels: reactions[type].readModels.toSorted() }).toEqual({
      type,
      readModels: takers.toSorted(),
    });
  }
});
