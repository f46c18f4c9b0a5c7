import { z } from 'zod';
import { gitRefSchema, gitUrlProblem } from '#libs/events';
import { Fault } from '#libs/kernel';
import { nameProblem, treeLimits } from './entry-name.ts';

/**
 * What stands below `.git` in a snapshot, and nothing else may: objects, and a description from which the repository
 * is made anew. Hooks, settings and links of the sender's repository have no way in.
 */
export const repositoryEntries = {
  description: '.git/millrace.json',
  pack: '.git/millrace.pack',
} as const;

export const descriptionBytesMax = 8 * 1024 * 1024;

export const tagsMax = 20_000;
/** Of a commit, in characters. */
export const wordsMax = 16_384;

/** Of the names of skipped files together, in bytes: the description has room for more. */
export const skippedBytesMax = 4 * 1024 * 1024;

const hash = z.string().regex(/^[0-9a-f]{40}$|^[0-9a-f]{64}$/);

const tagRef = gitRefSchema.refine((ref) => ref.startsWith('refs/tags/'));

const address = z
  .string()
  .max(2048)
  .refine((url) => gitUrlProblem(url, { allowsFiles: false }) === undefined);

const snapshotRepositorySchema = z.strictObject({
  version: z.literal(1),
  format: z.enum(['sha1', 'sha256']),
  commit: hash,
  /** The branch that HEAD was on. */
  ref: gitRefSchema.optional(),
  /** The tree of the index; absent: the commit's. */
  index: hash.optional(),
  /** Tracked files that the sender's git was told not to look at; what the index does not have is passed over. */
  skipped: z
    .array(z.string().refine((name) => nameProblem(name) === undefined))
    .max(treeLimits.entriesMax)
    .optional(),
  /** Commits whose parents were left behind. */
  shallow: z.array(hash).max(50_000),
  tags: z
    .array(z.strictObject({ ref: tagRef, object: hash }))
    .max(tagsMax)
    .refine((tags) => new Set(tags.map(({ ref }) => ref)).size === tags.length),
  /** Where the repository comes from; an address as a run may name one. */
  origin: address.optional(),
  /** How many digits the sender's git shortens a hash to. */
  abbrev: z.int().min(4).max(64).optional(),
  /** What decides whether a file counts as changed. */
  settings: z.strictObject({
    autocrlf: z.enum(['true', 'false', 'input']).optional(),
    eol: z.enum(['lf', 'crlf', 'native']).optional(),
    fileMode: z.enum(['true', 'false']).optional(),
    symlinks: z.enum(['true', 'false']).optional(),
  }),
});
export type SnapshotRepository = z.infer<typeof snapshotRepositorySchema>;

/** Of a tree that is only a part of a repository: its commit in words, without objects. */
const snapshotPartSchema = z.strictObject({
  version: z.literal(1),
  part: z.literal(true),
  commit: hash,
  ref: gitRefSchema.optional(),
  tag: z.string().max(512).optional(),
  origin: address.optional(),
  /** `Name <address>`, a line end, and the message. */
  words: z.string().max(wordsMax),
});
export type SnapshotPart = z.infer<typeof snapshotPartSchema>;

const descriptionSchema = z.union([snapshotRepositorySchema, snapshotPartSchema]);

/** @throws Fault `source.invalid` */
export function parseDescription(text: string): SnapshotRepository | SnapshotPart {
  try {
    return descriptionSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new Fault(
      'source.invalid',
      'never',
      `${repositoryEntries.description} describes no repository`,
      {
        cause,
      },
    );
  }
}

/** The address without what must not stand in events; undefined if it is none that others can use. */
export function publicAddress(url: string): string | undefined {
  const plain = url.trim().replace(/^(https?:\/\/)[^/@]*@/i, '$1');
  return gitUrlProblem(plain, { allowsFiles: false }) === undefined ? plain : undefined;
}
