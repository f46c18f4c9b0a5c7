import { expect, it } from 'vitest';
import type { SandboxProbe } from '#libs/sandbox';
import { readyLines } from './ready-lines.ts';

const place = { url: 'http://127.0.0.1:7420', dataDir: '/project/.millrace' };
const oci = { driver: 'oci', notes: ['runc 1.1', 'cgroup v2'] } as unknown as SandboxProbe;
const plain = { driver: 'process', notes: [] } as unknown as SandboxProbe;

it('says where the API, the state and the token are', () => {
  const text = readyLines({ ...place, drivers: [] }).join('\n');
  expect(text).toContain('http://127.0.0.1:7420/api/v1/openapi.json');
  expect(text).toContain('/project/.millrace/admin-token');
  expect(text).not.toContain('steps run');
});

it('warns if plain processes are the best there is', () => {
  expect(readyLines({ ...place, drivers: [plain] }).at(-1)).toContain('WITHOUT ISOLATION');
});

it('says what the strongest driver is made of, and does not warn', () => {
  const lines = readyLines({ ...place, drivers: [oci, plain] });
  expect(lines.at(-1)).toBe('  steps run in oci sandboxes (runc 1.1; cgroup v2)');
});
