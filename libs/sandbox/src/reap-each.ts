import type { ReapedSandbox } from './sandbox.ts';

/** Removes one after the other; one that resists keeps none of the others from it, and is there for the next life. */
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
