import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..', '..');

/**
 * Which npm packages a room imports, and no other: an adapter the one client that it is named for. Rooms that are not named
 * import none. (That each dependency of package.json is used is knip's to say: `npm run dead-code`.)
 */
const packages: Readonly<Record<string, readonly string[]>> = {
  'libs/api-client': ['zod'],
  'libs/api-contract': ['zod'],
  'libs/config': ['yaml', 'zod'],
  // A cache of decoded plans and streams.
  'libs/event-store': ['lru-cache'],
  'libs/events': ['zod'],
  'libs/executor-protocol': ['zod'],
  'libs/pipeline-dsl': ['minimatch', 'yaml', 'zod'],
  'libs/postgres': ['pg'],
  'libs/sources': ['tar-stream', 'zod'],
  'libs/telemetry': ['pino'],
  'services/api': [
    '@nestjs/common',
    '@nestjs/core',
    '@nestjs/cqrs',
    '@nestjs/platform-fastify',
    'fastify',
    'lru-cache',
    'prom-client',
    'reflect-metadata',
    'zod',
  ],
  'services/cli': ['commander', 'picocolors'],
  'libs/testkit': ['vitest'],
};

const rooms = ['libs', 'services'].flatMap((floor) =>
  readdirSync(join(root, floor), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => `${floor}/${name}`),
);

/** What the files of a room import beside Node, this package's own libs and each other; specs may use what they like. */
function importedPackages(room: string): readonly string[] {
  const files = readdirSync(join(root, room, 'src'), { recursive: true, encoding: 'utf8' });
  const shipped = files.filter((path) => /(?<!\.(?:spec|contract))\.ts$/.test(path));
  const specifiers = shipped.flatMap((path) =>
    ts
      .preProcessFile(readFileSync(join(root, room, 'src', path), 'utf8'))
      .importedFiles.map(({ fileName }) => fileName),
  );
  const names = specifiers
    .filter((name) => !/^(?:\.|#|node:)/.test(name))
    .map((name) => /^(?:@[^/]+\/)?[^/]+/.exec(name)?.[0] ?? name);
  return [...new Set(names)].sort();
}

describe('npm packages', () => {
  it('has a row for rooms that there are', () => {
    expect(Object.keys(packages).filter((room) => !rooms.includes(room))).toEqual([]);
  });

  it.each(rooms)('%s imports exactly those that it may', (room) => {
    expect(importedPackages(room)).toEqual(packages[room] ?? []);
  });

  // Loaded where it is used alone, because most servers never need it.
  it('knows what a room asks for at run time by name', () => {
    const text = rooms
      .flatMap((room) =>
        readdirSync(join(root, room, 'src'), { recursive: true, encoding: 'utf8' })
          .filter((path) => path.endsWith('.ts'))
          .map((path) => [room, readFileSync(join(root, room, 'src', path), 'utf8')] as const),
      )
      .filter(([, source]) => /createRequire\(/.test(source))
      .map(([room]) => room);
    expect([...new Set(text)]).toEqual(['libs/postgres']);
  });
});
