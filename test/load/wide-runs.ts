// Memory over wide runs: node --conditions=source test/load/wide-runs.ts [RUNS] [STEPS] [HEAP_MB]
// A process with a heap that small runs them one after the other; the heap must not grow with what has finished.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrate, openPool, startEmbeddedPostgres } from '#libs/postgres';

const [runs = '1000', steps = '1000', heapMb = '256'] = process.argv.slice(2);
const dataDir = mkdtempSync(join(tmpdir(), 'millrace-wide-'));
const server = await startEmbeddedPostgres({ dataDir, settings: { fsync: 'off' } });
try {
  const owner = openPool(server.poolConfig(), { max: 1, applicationName: 'wide-owner' });
  await migrate(owner, { dir: join(import.meta.dirname, '..', '..', 'migrations') });
  await owner.end();
  const count = Number(runs);
  const task = {
    poolConfig: server.poolConfig('millrace_app'),
    runs: count,
    steps: Number(steps),
    marks: [count / 10, count / 4, count / 2, (3 * count) / 4, count].map(Math.ceil),
  };
  const flags = [`--max-old-space-size=${heapMb}`, '--expose-gc', '--conditions=source'];
  const main = join(import.meta.dirname, 'wide-runs-process.ts');
  const child = spawn(process.execPath, [...flags, main, JSON.stringify(task)], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  process.exitCode = await new Promise<number>((done) => {
    child.once('exit', (code) => done(code ?? 1));
  });
} finally {
  await server.stop();
  rmSync(dataDir, { recursive: true, force: true });
}
