import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Page } from '#libs/api-contract';

/** Adds `Link: <…>; rel="next"` (RFC 8288) if there is a next page. */
export function withNextLink<Item>(
  call: { readonly request: FastifyRequest; readonly reply: FastifyReply },
  page: Page<Item>,
): Page<Item> {
  if (page.next !== null) {
    const url = new URL(call.request.url, 'http://localhost');
    url.searchParams.set('cursor', page.next);
    void call.reply.header('link', `<${url.pathname}${url.search}>; rel="next"`);
  }
  return page;
}
