import { realpathSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, relative } from 'node:path';
import type { Command } from 'commander';
import { findPipelineFile } from '#libs/config';
import { contextOf } from '../context.ts';
import { UsageError } from '../exit-codes.ts';
import { reasonOf } from '../file-failure.ts';
import { firstPipeline, type ProjectFiles, toBeReplaced } from '../first-pipeline.ts';
import { asCalled } from '../invocation.ts';
import { defaultPipelineFile } from './pipeline-file.ts';

export function addInit(program: Command): void {
  program
    .command('init')
    .summary('write a first pipeline file')
    .option('--here', 'also where the project has one above: this directory gets one of its own')
    .action(async (options: { here?: boolean }, command: Command) => {
      const { output } = contextOf(command);
      const above = fileAbove();
      if (above !== undefined && options.here !== true)
        throw new UsageError(
          'init.exists',
          `${above} is the pipeline file of this directory, too`,
          'Edit that one. A project of its own below another gets one by `millrace init --here`.',
        );
      const text = firstPipeline(await projectFiles());
      await writeFile(defaultPipelineFile, text, { flag: 'wx' }).catch(
        (error: NodeJS.ErrnoException) => {
          if (error.code === 'EEXIST')
            throw new UsageError('init.exists', `${defaultPipelineFile} exists already`);
          throw new UsageError(
            'file.unwritable',
            `${defaultPipelineFile} cannot be written: ${reasonOf(error)}`,
          );
        },
      );
      if (output.isJson) output.json({ file: defaultPipelineFile });
      else output.line(`wrote ${defaultPipelineFile}; try: ${asCalled(output.invocation, 'run')}`);
      if (above !== undefined) output.note(`here and below it takes the place of ${above}`);
      if (text.includes(toBeReplaced))
        output.note(
          `nothing here says how it is tested: write your tests in the place of \`${toBeReplaced}\`, which always passes`,
        );
    });
}

/** The pipeline file further up that commands use here until now, if there is one. One of another user is never used. */
function fileAbove(): string | undefined {
  const { path } = findPipelineFile(process.cwd());
  if (path === undefined || dirname(path) === realpathSync('.')) return undefined;
  return relative(realpathSync('.'), path);
}

async function projectFiles(): Promise<ProjectFiles> {
  const [packageJson, makefile] = await Promise.all(
    ['package.json', 'Makefile'].map((name) => readFile(name, 'utf8').catch(() => undefined)),
  );
  return {
    directory: basename(process.cwd()),
    names: new Set(await readdir('.').catch(() => [])),
    ...(packageJson === undefined ? {} : { packageJson }),
    ...(makefile === undefined ? {} : { makefile }),
  };
}
