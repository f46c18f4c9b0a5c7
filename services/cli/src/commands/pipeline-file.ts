import { readFile } from 'node:fs/promises';
import {
  compilePipeline,
  type Diagnostic,
  formatDiagnostic,
  formatExcerpt,
} from '#libs/pipeline-dsl';
import { UsageError } from '../exit-codes.ts';

/** A repository's pipeline. */
export const defaultPipelineFile = '.millrace.yaml';

export type Compiled = ReturnType<typeof compilePipeline>;

/** @throws UsageError where the file cannot be read */
export async function readPipelineFile(file: string): Promise<Uint8Array> {
  try {
    return await readFile(file);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    const why = code === 'ENOENT' ? 'does not exist' : `cannot be read (${code ?? 'unknown'})`;
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
