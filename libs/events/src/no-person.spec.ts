import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { actorSchema } from './actor.ts';
import { catalog } from './catalog.ts';
import { upcast } from './upcasters.ts';

interface Json {
  readonly type?: string;
  readonly properties?: Readonly<Record<string, Json>>;
  readonly additionalProperties?: Json | boolean;
  readonly items?: Json;
  readonly oneOf?: readonly Json[];
  readonly anyOf?: readonly Json[];
  readonly pattern?: string;
  readonly format?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
}

interface Field {
  /** Type of the event, names of members, `[]` for an element, `*` for any key. */
  readonly path: string;
  readonly schema: Json;
}

function fieldsOf(schema: Json, path: string): readonly Field[] {
  const inner: (readonly [Json, string])[] = [];
  for (const [name, one] of Object.entries(schema.properties ?? {}))
    inner.push([one, `${path}.${name}`]);
  if (typeof schema.additionalProperties === 'object')
    inner.push([schema.additionalProperties, `${path}.*`]);
  if (schema.items) inner.push([schema.items, `${path}[]`]);
  for (const one of [...(schema.oneOf ?? []), ...(schema.anyOf ?? [])]) inner.push([one, path]);
  return inner.length === 0 ? [{ path, schema }] : inner.flatMap(([one, at]) => fieldsOf(one, at));
}

const fields = catalog.flatMap(({ definition }) =>
  fieldsOf(z.toJSONSchema(definition.schema) as Json, definition.type),
);
const actorPattern = (z.toJSONSchema(actorSchema) as Json).pattern;
const isActorField = ({ schema }: Field) => schema.pattern === actorPattern;

/** Fields that are a subject id. */
const subjects = ['run.queued.trigger.actor', 'run.cancel-requested.by', 'executor.drained.by'];

/** Fields that take any text, and why none of them is the place of a person. */
const anyText: Readonly<Record<string, string>> = {
  'pipeline.registered.name': 'the name of a pipeline',
  'run.queued.pipeline': 'the name of a pipeline',
  'run.queued.trigger.key': 'type:business_id:version of what triggered it',
  'run.queued.trigger.ref': 'a branch or tag',
  'run.queued.inputs.*': 'values that the pipeline declares',
  'run.queued.source.url':
    'the address of a repository: no password, the account of the host at most',
  'run.step-finished.signal': 'the name of a signal',
  'run.step-finished.message': 'a sentence of the executor',
  'run.step-finished.code': 'the code of an error',
  'run.step-finished.log.digest': 'a digest',
  'run.step-finished.artifacts[].name': 'a path in the workspace',
  'run.step-finished.enforced[]': 'the name of a limit',
  'run.step-finished.driver': 'the name of a driver',
  'run.step-retry-scheduled.rule': 'the name of a rule',
  'run.step-cache-hit.key': 'a digest',
  'run.cancel-requested.reason': 'a sentence of the caller',
  'executor.registered.name': 'the name of a machine',
  'executor.registered.labels[]': 'what a machine offers',
  'executor.registered.capabilities.drivers[]': 'the name of a driver',
  'executor.registered.version': 'a version',
  'scheduler.leader-changed.holder': 'a process: machine and number',
};

/** Names of members under which a person, or the way to one, would stand. */
const tellingNames =
  /(?:^|[.-])(?:by|actor|who|user|owner|author|committer|person|login|account|e?mail|address|ip|host|name|first|last)s?(?=$|[[.])/i;

describe('no event tells of a person', () => {
  it('what did something is a subject id', () => {
    expect(
      fields
        .filter(isActorField)
        .map(({ path }) => path)
        .toSorted(),
    ).toEqual(subjects.toSorted());
  });

  it('a field that takes any text says here what it is for', () => {
    const open = fields.filter(
      ({ schema }) =>
        schema.type === 'string' &&
        schema.pattern === undefined &&
        schema.format === undefined &&
        schema.enum === undefined &&
        schema.const === undefined,
    );
    const paths = new Set(open.map(({ path }) => path));
    expect([...paths].toSorted()).toEqual(Object.keys(anyText).toSorted());
  });

  it.each(fields.map(({ path }) => path).filter((path) => tellingNames.test(path)))(
    '%s has a name that a person could have, and is none',
    (path) => {
      expect(subjects.includes(path) || path in anyText).toBe(true);
    },
  );

  it.each(['run.queued.source.author', 'x.email', 'x.by', 'x.host', 'x.ip'])(
    '%s would be found',
    (path) => expect(tellingNames.test(path)).toBe(true),
  );

  const testdata = join(import.meta.dirname, '..', 'testdata');
  const samples = readdirSync(testdata, { recursive: true, encoding: 'utf8' }).filter((path) =>
    path.endsWith('.json'),
  );

  it.each(samples)('%s holds no e-mail address and no IP address, as it is read', (path) => {
    const sample = JSON.parse(readFileSync(join(testdata, path), 'utf8'));
    const text = JSON.stringify(upcast(sample.type, sample.schemaVersion, sample.data));
    expect(text).not.toMatch(/[^"\s/]+@[^"\s:/]+\.[a-z]+/i);
    expect(text).not.toMatch(/\b\d{1,3}(?:\.\d{1,3}){3}\b/);
  });

  it('what an old log holds of a name is read as an id, always the same', () => {
    const read = () =>
      upcast('run.cancel-requested', 1, { by: 'user:ada@example.org', force: true }).data;
    expect(read()).toEqual({
      by: expect.stringMatching(new RegExp(actorPattern ?? '')),
      force: true,
    });
    expect(read()).toEqual(read());
  });
});
