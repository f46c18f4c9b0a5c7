import { expect, it } from 'vitest';
import { serverArguments } from './settings.ts';

it('keeps durability on and every door but the socket shut', () => {
  const args = serverArguments('/cluster', '/socket');
  expect(args.slice(0, 2)).toEqual(['-D', '/cluster']);
  for (const setting of [
    'fsync=on',
    'synchronous_commit=on',
    'full_page_writes=on',
    'listen_addresses=',
    'unix_socket_directories=/socket',
    'shared_buffers=32MB',
  ]) {
    expect(args).toContain(setting);
  }
});

it('lets the caller have the last word', () => {
  const args = serverArguments('/cluster', '/socket', { fsync: 'off' });
  expect(args).toContain('fsync=off');
  expect(args).not.toContain('fsync=on');
});
