import { PassThrough } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { OutputDrain } from './drain-output.ts';
import type { SandboxOutput } from './sandbox.ts';

function streams() {
  return { stdout: new PassThrough(), stderr: new PassThrough() };
}

describe('the output of a sandbox', () => {
  it('comes in order, each stream by itself', async () => {
    const pipes = streams();
    const seen: string[] = [];
    const drain = new OutputDrain(pipes, ({ stream, bytes }) => {
      seen.push(`${stream} ${Buffer.from(bytes).toString()}`);
    });
    pipes.stdout.end('out');
    pipes.stderr.end('err');
    await drain.finish();
    expect(seen.toSorted()).toEqual(['stderr err', 'stdout out']);
  });

  it('is let go where somebody holds the pipe open', async () => {
    const pipes = streams();
    const seen: SandboxOutput[] = [];
    const drain = new OutputDrain(pipes, (output) => void seen.push(output));
    pipes.stdout.write('before');
    await drain.finish(20);
    expect(seen).toHaveLength(1);
    expect(pipes.stdout.destroyed && pipes.stderr.destroyed).toBe(true);
  });

  it('waits for a sink however long that takes', async () => {
    const pipes = streams();
    let bytesSeen = 0;
    const drain = new OutputDrain(pipes, async ({ bytes }) => {
      await delay(60);
      bytesSeen += bytes.length;
    });
    pipes.stdout.write('a'.repeat(1000));
    pipes.stderr.end();
    const finished = drain.finish(20);
    pipes.stdout.end('b'.repeat(1000));
    await finished;
    expect(bytesSeen).toBe(2000);
  });

  it('ends where an escaped process writes on and on', async () => {
    const pipes = streams();
    const drain = new OutputDrain(pipes, () => new Promise((next) => setImmediate(next)));
    pipes.stderr.end();
    const finished = drain.finish();
    const flood = () => {
      if (!pipes.stdout.destroyed) pipes.stdout.write(Buffer.alloc(65_536), flood);
    };
    flood();
    await finished;
    expect(pipes.stdout.destroyed).toBe(true);
  });

  it('is thrown away after a sink has failed once', async () => {
    const pipes = streams();
    let calls = 0;
    const drain = new OutputDrain(pipes, ({ stream }) => {
      calls += 1;
      if (stream === 'stdout') throw new Error('the disk is full');
    });
    pipes.stdout.write('one');
    await delay(0);
    pipes.stdout.end('two');
    pipes.stderr.end();
    await drain.finish();
    expect(calls).toBe(1);
  });
});
