import { realpathSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, relative } from 'node:path';
import { findPipelineFile, pipelineFileName } from '#libs/config';
import {
  compilePipeline,
  type Diagnostic,
  formatDiagnostic,
  formatExcerpt,
} from '#libs/pipeline-dsl';
import { UsageError } from '../exit-codes.ts';
import { reasonOf } from '../file-failure.ts';

export const defaultPipelineFile = pipelineFileName;

export type Compiled = ReturnType<typeof compilePipeline>;

export interface LocatedFile {
  readonly file: string;
  /** The directory whose files it is about: where it was found above, else the one that the command is run in. */
  readonly dir: string;
}

/**
 * The file that is meant: where nobody names another, `.millrace.yaml` here or above.
 *
 * @throws UsageError where the one above belongs to somebody else
 */
export function locatePipelineFile(file: string): LocatedFile {
  const here = { file, dir: process.cwd() };
  if (file !== defaultPipelineFile) return here;
  const { path, refused } = findPipelineFile(process.cwd());
  if (refused !== undefined)
    throw new UsageError(
      'file.unreadable',
      `${refused} belongs to another user`,
      'name the file to use it all the same',
    );
  if (path === undefined || dirname(path) === realpathSync(here.dir)) return here;
  return { file: relative(here.dir, path), dir: dirname(path) };
}

/** @throws UsageError where the file cannot be read */
export async function readPipelineFile(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'does not exist' : `cannot be read: ${reasonOf(error)}`;
    throw new UsageError(
      'file.unreadable',
      `${file} ${why}`,
      file === defaultPipelineFile ? '`millrace init` writes one' : undefined,
    );
  }
}

/**
 * Compiles a file and prints what is wrong with it through `say`: one line each, with an excerpt.
 *
 * @param ask  a server's answer about a valid file, which knows its executors; undefined where there is none
 */
export async function compileFile(
  file: string,
  say: (line: string) => void,
  ask?: (yaml: string) => Promise<readonly Diagnostic[] | undefined>,
): Promise<Compiled> {
  const bytes = await readPipelineFile(file);
  const own = compilePipeline(bytes, { file });
  const diagnostics = own.ok && ask ? await ask(Buffer.from(bytes).toString('utf8')) : undefined;
  const compiled = diagnostics ? { ...own, diagnostics } : own;
  const text = Buffer.from(bytes).toString('utf8');
  for (const diagnostic of compiled.diagnostics) {
    say(formatDiagnostic(diagnostic));
    const excerpt = formatExcerpt(diagnostic, text);
    if (excerpt !== '') say(excerpt);
  }
  return compiled;
}
