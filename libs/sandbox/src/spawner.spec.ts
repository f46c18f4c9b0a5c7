import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { isAlive, readProcess } from './process-table.ts';
import { Spawner } from './spawner.ts';

const order = (script: string) => ({
  file: '/bin/sh',
  args: ['-c', script],
  cwd: '/',
  env: {},
});

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
    expect(await child.ended).toEqual({ exitCode: null, signal: 'SIGKILL' });
    const next = await spawner.start(order('exit 3'));
    expect(spawner.pid).not.toBe(first);
    expect(await next.ended).toEqual({ exitCode: 3, signal: null });
    // Whoever started it ends what is left, as the sandbox does by its marker.
    process.kill(child.pid, 'SIGKILL');
    while (isAlive(readProcess(child.pid))) await delay(10);
  });
});
