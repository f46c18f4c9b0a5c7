import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { isAlive, readProcess } from './process-table.ts';
import { Spawner, SpawnerLost } from './spawner.ts';

const order = (script: string) => ({
  file: '/bin/sh',
  args: ['-c', script],
  cwd: '/',
  env: {},
});

function standStill(forMs: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, forMs);
}

describe('the spawner', () => {
  it('tells how each of many processes ended', async () => {
    const spawner = new Spawner();
    const codes = Array.from({ length: 20 }, (_, code) => code);
    const children = await Promise.all(codes.map((code) => spawner.start(order(`exit ${code}`))));
    const ends = await Promise.all(children.map(({ ended }) => ended));
    expect(ends.map(({ exitCode }) => exitCode)).toEqual(codes);
    const killed = await spawner.start(order('kill -USR1 $$'));
    expect(await killed.ended).toEqual({ exitCode: null, signal: 'SIGUSR1' });
  });

  it.each([
    ['a program', { file: '/no/such/program' }],
    ['a directory', { cwd: '/no/such/directory' }],
    ['a pipe', { outputs: ['/no/such/pipe', '/no/such/pipe'] as const }],
  ])('refuses %s that is not there', async (_, missing) => {
    const start = new Spawner().start({ ...order(':'), ...missing });
    await expect(start).rejects.toMatchObject({
      code: 'sandbox.start-failed',
      message: expect.stringContaining('ENOENT'),
    });
  });

  it('hands over the socket that a process is given to speak by', async () => {
    const child = await new Spawner().start({
      ...order('read -r word <&3; echo "heard $word" >&3'),
      hasControl: true,
    });
    child.control?.write('this\n');
    let said = '';
    for await (const text of child.control ?? []) said += text;
    expect(said).toBe('heard this\n');
    expect(await child.ended).toEqual({ exitCode: 0, signal: null });
    expect((await new Spawner().start(order(':'))).control).toBeUndefined();
  });

  it('fails what a program of the system fails', async () => {
    const spawner = new Spawner();
    await spawner.run('true', []);
    await expect(spawner.run('false', [])).rejects.toMatchObject({ code: 'sandbox.start-failed' });
  });

  it('is not ended by what ends a whole service, and goes on with another process where it is', async () => {
    const spawner = new Spawner();
    const child = await spawner.start(order('sleep 100'));
    const first = spawner.pid ?? 0;
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.kill(first, signal);
    await delay(50);
    process.kill(child.pid, 0);
    process.kill(first, 'SIGKILL');
    expect(await child.ended).toEqual({ exitCode: null, signal: null, isUnseen: true });
    const next = await spawner.start(order('exit 3'));
    expect(spawner.pid).not.toBe(first);
    expect(await next.ended).toEqual({ exitCode: 3, signal: null });
    // Whoever started it ends what is left, as the sandbox does by its marker.
    process.kill(child.pid, 'SIGKILL');
    while (isAlive(readProcess(child.pid))) await delay(10);
  });

  it('still hears what the process said before it was ended', async () => {
    const spawner = new Spawner();
    const child = await spawner.start(order('sleep 0.1; exit 7'));
    // Both the news and the end are there when this process looks again.
    standStill(400);
    process.kill(spawner.pid ?? 0, 'SIGKILL');
    standStill(100);
    expect(await child.ended).toEqual({ exitCode: 7, signal: null });
  });

  it('does not know what became of an order that was not answered', async () => {
    const spawner = new Spawner();
    await (await spawner.start(order(':'))).ended;
    process.kill(spawner.pid ?? 0, 'SIGSTOP');
    const start = spawner.start(order(':'));
    process.kill(spawner.pid ?? 0, 'SIGKILL');
    await expect(start).rejects.toBeInstanceOf(SpawnerLost);
    expect(await (await spawner.start(order('exit 4'))).ended).toMatchObject({ exitCode: 4 });
  });
});
