import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { CommandBus, CqrsModule } from '@nestjs/cqrs';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { allPermissions, type ExecutorDto } from '#libs/api-contract';
import type { StartRunRequest } from '#libs/application';
import { defaultTenant } from '#libs/events';
import { memoryApplication } from '#libs/testkit';
import { APPLICATION } from '../application.ts';
import { StartRunCommand, StartRunHandler } from './start-run.ts';

const executor = { labels: [], isolation: 'none', drivers: ['process'], status: 'online' };
const { application } = memoryApplication([executor as unknown as ExecutorDto]);

@Module({
  imports: [CqrsModule.forRoot()],
  providers: [{ provide: APPLICATION, useValue: application }, StartRunHandler],
})
class AnotherTransport {}

/** What any transport does: it says who asks, and what for. */
let start: (asked: Partial<StartRunRequest>, commandId?: string) => Promise<unknown>;
let close: () => Promise<void>;
beforeAll(async () => {
  const app = await NestFactory.createApplicationContext(AnotherTransport, { logger: false });
  await app.init();
  close = () => app.close();
  const commands = app.get(CommandBus);
  start = (asked, commandId) =>
    commands.execute(
      new StartRunCommand(
        {
          origin: { tenant: defaultTenant, actor: 'user:admin', commandId },
          permissions: allPermissions,
        },
        { ...usual, ...asked },
      ),
    );
});
afterAll(() => close());

const usual: StartRunRequest = {
  pipeline: { yaml: 'name: p\nsteps: [{ id: a, cmd: x }]\n' },
  inputs: {},
  source: { kind: 'none' },
  trigger: { kind: 'manual' },
};

it('a run is started, repeated and refused by the command bus alone', async () => {
  const commandId = '018f4e6a-0000-7000-8000-000000000001';
  const first = await start({}, commandId);
  expect(first).toMatchObject({ ok: true, value: { number: 1 } });
  expect(await start({}, commandId)).toEqual(first);
  expect(await start({})).toMatchObject({ ok: true, value: { number: 2 } });
  expect(await start({ inputs: { a: 1 } })).toMatchObject({
    ok: false,
    refusal: { code: 'run.input-unknown', errors: [{ pointer: '/inputs/a' }] },
  });
  expect(await start({ isolation: 'strict' })).toMatchObject({
    ok: false,
    refusal: { code: 'isolation.unavailable' },
  });
});

it('requests with one trigger key start one run, also at the same time', async () => {
  const trigger = { kind: 'manual', key: 'push:main:abc' } as const;
  const [first, ...rest] = await Promise.all(
    ['1', '2', '3'].map((digit) =>
      start({ trigger }, `018f4e6a-0000-7000-8000-00000000001${digit}`),
    ),
  );
  expect(first).toMatchObject({ ok: true });
  expect(rest).toEqual([first, first]);
  expect(await start({ trigger })).toEqual(first);
});
