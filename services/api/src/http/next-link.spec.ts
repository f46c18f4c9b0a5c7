import type { FastifyReply, FastifyRequest } from 'fastify';
import { expect, it } from 'vitest';
import { withNextLink } from './next-link.ts';

function linkOf(url: string, next: string | null): string | undefined {
  let link: string | undefined;
  const reply = { header: (_: string, value: string) => (link = value) };
  const call = {
    request: { url } as FastifyRequest,
    reply: reply as unknown as FastifyReply,
  };
  withNextLink(call, { items: [], next });
  return link;
}

it('links the next page of the same question', () => {
  expect(linkOf('/api/v1/runs?status=queued&limit=2', 'abc')).toBe(
    '</api/v1/runs?status=queued&limit=2&cursor=abc>; rel="next"',
  );
  expect(linkOf('/api/v1/runs?cursor=abc', 'd/e+f')).toBe(
    '</api/v1/runs?cursor=d%2Fe%2Bf>; rel="next"',
  );
});

it('links nothing on the last page', () => expect(linkOf('/api/v1/runs', null)).toBeUndefined());

it('takes no host from the request', () =>
  expect(linkOf('//evil.example/api/v1/runs', 'abc')).not.toContain('evil'));
