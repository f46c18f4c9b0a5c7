import { describe, expect, it } from 'vitest';
import { NetworkHint } from './network-hint.ts';

function hintOf(text: string, { isCut = true, piece = 7 } = {}): string | undefined {
  const hint = new NetworkHint(isCut);
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += piece) hint.watch(bytes.subarray(at, at + piece));
  return hint.hint;
}

describe('a failure for want of a network', () => {
  it.each([
    'curl: (6) Could not resolve host: example.org',
    "fatal: unable to access 'https://example.org/': Could not resolve host: example.org",
    'socket.gaierror: [Errno -2] Name or service not known',
    'Temporary failure resolving ‘deb.debian.org’',
    'npm error request to https://registry.npmjs.org/x failed, reason: getaddrinfo ENOTFOUND registry.npmjs.org',
    'dial tcp: lookup proxy.golang.org on [::1]:53: dial udp [::1]:53: connect: network is unreachable',
    'go: x@v1: Get "https://proxy.golang.org/x": dial tcp: lookup proxy.golang.org: no such host',
    "Failed to resolve 'pypi.org' ([Errno -2] Name or service not known)",
    'java.net.UnknownHostException: repo.maven.apache.org',
    'failed to lookup address information: Name or service not known',
    "wget: bad address 'example.org'",
    'connect ENETUNREACH 140.82.121.4:443',
  ])('gets a hint: %s', (text) => {
    expect(hintOf(`before\n${text}\nbehind\n`)).toMatch(/has no network; "network: host"/);
    expect(hintOf(text, { piece: 100_000 })).toBeDefined();
  });

  it('is seen behind much output, and before some', () => {
    const failure = 'curl: (6) Could not resolve host: example.org\n';
    expect(hintOf('x'.repeat(200_000) + failure, { piece: 8_192 })).toBeDefined();
    expect(hintOf(failure + 'trace\n'.repeat(1_000), { piece: 8_192 })).toBeDefined();
    expect(hintOf(failure + 'x'.repeat(200_000), { piece: 8_192 })).toBeUndefined();
    expect(hintOf(failure + 'x'.repeat(40_000), { piece: 100_000 })).toBeUndefined();
  });

  it('is none where the step has the network, or failed for another reason', () => {
    expect(hintOf('Could not resolve host: example.org', { isCut: false })).toBeUndefined();
    expect(hintOf('expected 1 to be 2; could not resolve module ./x')).toBeUndefined();
    expect(hintOf('')).toBeUndefined();
  });
});
