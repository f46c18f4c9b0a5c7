import type { ReapedSandbox } from './sandbox.ts';

/** Removes one sandbox after the other. One that cannot be removed is skipped, and left for the next start. */
export async function reapEach<Entry extends { readonly name: string }>(
  entries: readonly Entry[],
  remove: (entry: Entry) => Promise<void>,
): Promise<readonly ReapedSandbox[]> {
  const reaped: ReapedSandbox[] = [];
  for (const entry of entries) {
    const { name } = entry;
    try {
      await remove(entry);
      reaped.push({ name });
    } catch (error) {
      reaped.push({ name, resists: String(error) });
    }
  }
  return reaped;
}
