import type { Findings } from './findings.ts';
import type { Path } from './tree.ts';

export interface Picked {
  /** The spelling that the file uses. */
  readonly key: string;
  readonly value: unknown;
}

/** The value of a key under whichever spelling the file uses; two spellings at once are an error. */
export function pick(
  source: object,
  spellings: readonly string[],
  where: { readonly path: Path; readonly findings: Findings },
): Picked | undefined {
  let picked: Picked | undefined;
  for (const key of spellings) {
    const value = (source as Record<string, unknown>)[key];
    if (value === undefined) continue;
    if (picked) {
      const message = `"${picked.key}" and "${key}" mean the same, keep one`;
      where.findings.add(
        'schema.alias-conflict',
        { path: [...where.path, key], at: 'key' },
        message,
      );
    } else {
      picked = { key, value };
    }
  }
  return picked;
}
