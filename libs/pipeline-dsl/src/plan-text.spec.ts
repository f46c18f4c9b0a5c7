import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { compilePipeline } from './compile.ts';
import { planText } from './plan-text.ts';

it('shows the levels, what runs beside what, and what differs from the defaults', async () => {
  const everything = new URL('../testdata/good/everything.yaml', import.meta.url);
  const result = compilePipeline(readFileSync(everything));
  if (!result.ok) throw new Error('the golden file does not compile');
  await expect(planText(result.plan)).toMatchFileSnapshot(
    new URL('../testdata/everything.plan.txt', import.meta.url).pathname,
  );
});
