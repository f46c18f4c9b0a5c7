import { describe, expect, it } from 'vitest';
import { actorSchema, opaqueActor, personOf } from './actor.ts';

const id = '01900000-0000-7000-8000-000000000001';
const opaque = [`user:${id}`, 'user:admin', `executor:${id}`, 'scheduler:0', 'system', 'anonymous'];
const telling = ['user:ada', 'user:ada@example.org', 'Ada Lovelace', 'ada', '10.0.0.1', 'user:'];

describe('an actor', () => {
  it.each(opaque)('may be %s', (actor) => {
    expect(actorSchema.parse(actor)).toBe(actor);
    expect(opaqueActor(actor)).toBe(actor);
  });

  it.each(telling)('is never %s: an old log that holds it shows an id', (actor) => {
    expect(actorSchema.safeParse(actor).success).toBe(false);
    expect(opaqueActor(actor)).not.toContain('ada');
    expect(actorSchema.parse(opaqueActor(actor))).toBe(opaqueActor(actor));
  });

  it('is a person only where a table may know a name', () => {
    expect(opaque.map(personOf)).toEqual([id, ...Array(5).fill(undefined)]);
  });

  it('is one person, however the letters of the id are written', () => {
    const written = '01900000-0000-7000-8000-00000000ABCD';
    expect(personOf(`user:${written}`)).toBe(written.toLowerCase());
  });
});
