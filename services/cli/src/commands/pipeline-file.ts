import { existsSync, realpathSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { findPipelineFile, pipelineFileName } from '#libs/config';
import { shellWord } from '#libs/kernel';
import {
  compilePipeline,
  type Diagnostic,
  formatDiagnostic,
  formatExcerpt,
  pipelineBytesMax,
} from '#libs/pipeline-dsl';
import { UsageError } from '../exit-codes.ts';
import { reasonOf } from '../file-failure.ts';

export const defaultPipelineFile = pipelineFileName;

/** `text` is what was compiled; it may have come through a pipe. */
export type Compiled = ReturnType<typeof compilePipeline> & { readonly yaml: string };

export interface LocatedFile {
  readonly file: string;
  /** The directory whose files are sent: that of the file if it was found above, else the working directory. */
  readonly dir: string;
}

/**
 * The pipeline file: the one that is named, else `.millrace.yaml` here or above.
 *
 * @throws UsageError if the one above belongs to somebody else
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

/** @throws UsageError if the file cannot be read */
async function readPipelineFile(file: string): Promise<Uint8Array> {
  try {
    return await (file === standardInput ? readStandardInput() : readFile(file));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EISDIR') throw isDirectory(file);
    const why = code === 'ENOENT' ? 'does not exist' : `cannot be read: ${reasonOf(error)}`;
    throw new UsageError(
      'file.unreadable',
      `${file} ${why}`,
      file === defaultPipelineFile ? '`millrace init` writes one' : undefined,
    );
  }
}

/** The name for a file that comes through a pipe. */
const standardInput = '-';

/** Reads at most one byte more than a pipeline may have. */
async function readStandardInput(): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of process.stdin) {
    chunks.push(chunk as Uint8Array);
    bytes += (chunk as Uint8Array).length;
    if (bytes > pipelineBytesMax) break;
  }
  return Buffer.concat(chunks);
}

function isDirectory(path: string): UsageError {
  const inIt = join(path, defaultPipelineFile);
  return new UsageError(
    'file.unreadable',
    `${path} is a directory, not a pipeline file`,
    existsSync(inIt)
      ? `Name the file in it: \`millrace COMMAND ${shellWord(inIt)}\`.`
      : 'Name a pipeline file; `millrace init` writes a first one here.',
  );
}

/**
 * Compiles a file and prints what is wrong with it through `say`: one line each, with an excerpt.
 *
 * @param ask  a server's answer about a valid file, which knows its executors; undefined if there is none
 */
export async function compileFile(
  file: string,
  say: (line: string) => void,
  ask?: (yaml: string) => Promise<readonly Diagnostic[] | undefined>,
): Promise<Compiled> {
  const bytes = await readPipelineFile(file);
  const yaml = Buffer.from(bytes).toString('utf8');
  const own = compilePipeline(bytes, { file });
  const diagnostics = own.ok && ask ? await ask(yaml) : undefined;
  const compiled = { ...own, ...(diagnostics ? { diagnostics } : {}), yaml };
  for (const diagnostic of compiled.diagnostics) {
    say(formatDiagnostic(diagnostic));
    const excerpt = formatExcerpt(diagnostic, yaml);
    if (excerpt !== '') say(excerpt);
  }
  if (!own.ok && !own.isWhole)
    say('more is checked when these are mended: dependencies, references and values');
  return compiled;
}
