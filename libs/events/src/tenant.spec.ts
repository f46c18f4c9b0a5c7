import { expect, it } from 'vitest';
import { defaultTenant, tenantIdSchema } from './tenant.ts';

it.each(['a', 'acme', 'acme-2', '0', 'x'.repeat(63)])('%s is the id of a tenant', (id) => {
  expect(tenantIdSchema.parse(id)).toBe(id);
});

it.each(['', '-a', 'a-', 'Acme', 'a b', 'a/b', '../a', 'ä', 'a\u0000', 'x'.repeat(64)])(
  '%j is not',
  (id) => {
    expect(tenantIdSchema.safeParse(id).success).toBe(false);
  },
);

it('the default tenant keeps the name that existing logs hold', () => {
  // Streams of pipelines and command ids are derived from it, so that another name would lose them.
  expect(tenantIdSchema.parse(defaultTenant)).toBe('default');
});
