import { describe, expect, it } from 'vitest';
import { memoryApplication } from '#libs/testkit';
import { type Answer, accepted, refused } from './answer.ts';
import { Once } from './once.ts';

const key = { key: 'of-the-key', asked: { a: 1 } } as const;

function counted(answers: readonly Answer<{ readonly n: number }>[]) {
  const acts = { times: 0 };
  const act = async () => {
    const answer = answers[acts.times];
    acts.times += 1;
    await new Promise((turn) => setImmediate(turn));
    return answer ?? expect.fail('acts too often');
  };
  return { acts, act, once: new Once(memoryApplication([]).ports.log.requests) };
}

describe('a request with an idempotency key', () => {
  it('that comes twice at once is carried out once, and both get the answer', async () => {
    const { once, act, acts } = counted([accepted({ n: 1 })]);
    const both = await Promise.all([once.act(key, act), once.act(key, act)]);
    expect(both).toEqual([accepted({ n: 1 }), accepted({ n: 1 })]);
    expect(acts.times).toBe(1);
  });

  it('that comes again gets the first answer', async () => {
    const { once, act, acts } = counted([accepted({ n: 1 })]);
    await once.act(key, act);
    expect(await once.act(key, act)).toEqual(accepted({ n: 1 }));
    expect(acts.times).toBe(1);
  });

  it('is refused for another request, whatever the first one came to', async () => {
    const { once, act } = counted([accepted({ n: 1 })]);
    await once.act(key, act);
    expect(await once.act({ ...key, asked: { a: 2 } }, act)).toMatchObject({
      refusal: { code: 'request.idempotency-mismatch' },
    });
  });

  it('may be corrected after a refusal', async () => {
    const no = refused({ code: 'run.not-finished', message: 'it runs' });
    const { once, act } = counted([no, accepted({ n: 2 })]);
    expect(await once.act(key, act)).toEqual(no);
    expect(await once.act({ ...key, asked: { a: 2 } }, act)).toEqual(accepted({ n: 2 }));
  });

  it('whose outcome is unknown stays with its request, which may be tried again', async () => {
    const { once, act } = counted([accepted({ n: 1 })]);
    const away = async () => await Promise.reject(new Error('away'));
    await expect(once.act(key, away)).rejects.toThrow('away');
    expect(await once.act({ ...key, asked: { a: 2 } }, act)).toMatchObject({
      refusal: { code: 'request.idempotency-mismatch' },
    });
    expect(await once.act(key, act)).toEqual(accepted({ n: 1 }));
  });
});

it('requests of one command with keys of their own are one while it is under way', async () => {
  const { once, act, acts } = counted([accepted({ n: 1 })]);
  const other = { ...key, key: 'of-another-key' };
  const commandId = 'of-the-trigger';
  const both = [once.act({ ...key, commandId }, act), once.act({ ...other, commandId }, act)];
  expect(await Promise.all(both)).toEqual([accepted({ n: 1 }), accepted({ n: 1 })]);
  expect(acts.times).toBe(1);
});

it('without a key nothing is remembered', async () => {
  const { once, act } = counted([accepted({ n: 1 }), accepted({ n: 2 })]);
  const plain = { key: undefined, asked: null } as const;
  expect(await once.act(plain, act)).toEqual(accepted({ n: 1 }));
  expect(await once.act(plain, act)).toEqual(accepted({ n: 2 }));
});
