import { readdir, readFile, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Command } from 'commander';
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
    .action(async (_options, command: Command) => {
      const { output } = contextOf(command);
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
      if (text.includes(toBeReplaced))
        output.note(
          `nothing here says how it is tested: write your tests in the place of \`${toBeReplaced}\`, which always passes`,
        );
    });
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
