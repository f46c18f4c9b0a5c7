import { PassThrough } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { OutputDrain } from './drain-output.ts';
import type { SandboxOutput } from './sandbox.ts';
import type { OutputSource } from './step-pipes.ts';

function streams() {
  return { stdout: new PassThrough(), stderr: new PassThrough() };
}

function sourcesOf({ stdout, stderr }: ReturnType<typeof streams>): OutputSource[] {
  return [
    { stream: 'stdout', reader: stdout },
    { stream: 'stderr', reader: stderr },
  ];
}

/** Writes without end, as fast as it is read. */
function flood(pipe: PassThrough): void {
  const more = () => {
    if (!pipe.destroyed) pipe.write(Buffer.alloc(65_536, '\n'), more);
  };
  more();
}

describe('the output of a sandbox', () => {
  it('comes in order, each stream by itself', async () => {
    const pipes = streams();
    const seen: string[] = [];
    const drain = new OutputDrain(sourcesOf(pipes), ({ stream, bytes }) => {
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
    const drain = new OutputDrain(sourcesOf(pipes), (output) => void seen.push(output));
    pipes.stdout.write('before');
    await drain.finish(20);
    expect(seen).toHaveLength(1);
    expect(pipes.stdout.destroyed && pipes.stderr.destroyed).toBe(true);
  });

  it('waits for a sink however long that takes', async () => {
    const pipes = streams();
    let bytesSeen = 0;
    const drain = new OutputDrain(sourcesOf(pipes), async ({ bytes }) => {
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
    const drain = new OutputDrain(
      sourcesOf(pipes),
      () => new Promise((next) => setImmediate(next)),
    );
    pipes.stderr.end();
    const finished = drain.finish();
    flood(pipes.stdout);
    await finished;
    expect(pipes.stdout.destroyed).toBe(true);
  });

  it('of steps that print without end is handled in small slices, so many in one turn of the event loop', async () => {
    let turn = 0;
    let largest = 0;
    const over = Promise.withResolvers<void>();
    const steps = [streams(), streams(), streams()];
    const slices = new Map<number, number>();
    const taken = steps.map(() => 0);
    const count = () => {
      turn += 1;
      if (turn < 200) setImmediate(count);
      else over.resolve();
    };
    setImmediate(count);
    const drains = steps.map((step, at) => {
      flood(step.stdout);
      step.stderr.end();
      return new OutputDrain(sourcesOf(step), ({ bytes }) => {
        largest = Math.max(largest, bytes.length);
        const inTurn = (slices.get(turn) ?? 0) + 1;
        slices.set(turn, inTurn);
        taken[at] = (taken[at] ?? 0) + 1;
        // Where the loop does not turn, this is the only end.
        if (inTurn > 1_000) over.resolve();
      });
    });
    await over.promise;
    for (const { stdout } of steps) stdout.destroy();
    await Promise.all(drains.map((drain) => drain.finish()));
    expect(turn).toBe(200);
    expect(largest).toBeLessThanOrEqual(8 * 1024);
    // At most 32 before a rest; our count may lie on either side of one.
    expect(Math.max(...slices.values())).toBeLessThanOrEqual(2 * 32);
    // The steps take turns.
    expect(Math.min(...taken) * 2).toBeGreaterThan(Math.max(...taken));
  });

  it('is thrown away after a sink has failed once', async () => {
    const pipes = streams();
    let calls = 0;
    const drain = new OutputDrain(sourcesOf(pipes), ({ stream }) => {
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
