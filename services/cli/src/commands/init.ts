import { access, writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { contextOf } from '../context.ts';
import { UsageError } from '../exit-codes.ts';
import { defaultPipelineFile } from './pipeline-file.ts';

/** What `init` finds beside the file, and the command that tests such a project. */
const kinds: readonly (readonly [marker: string, cmd: string])[] = [
  ['package.json', 'npm test'],
  ['go.mod', 'go test ./...'],
  ['pyproject.toml', 'python3 -m pytest'],
  ['Cargo.toml', 'cargo test'],
  ['Makefile', 'make test'],
];

export function addInit(program: Command): void {
  program
    .command('init')
    .summary('write a first pipeline file')
    .action(async (_options, command: Command) => {
      const { output } = contextOf(command);
      const cmd = await detectCommand();
      const text = `version: 1\nname: ci\nsteps:\n  - id: test\n    cmd: ${cmd}\n    timeout: 10m\n`;
      await writeFile(defaultPipelineFile, text, { flag: 'wx' }).catch(
        (error: NodeJS.ErrnoException) => {
          if (error.code === 'EEXIST')
            throw new UsageError('init.exists', `${defaultPipelineFile} exists already`);
          throw new UsageError(
            'file.unwritable',
            `${defaultPipelineFile} cannot be written (${error.code ?? 'unknown'})`,
          );
        },
      );
      if (output.isJson) output.json({ file: defaultPipelineFile });
      else output.line(`wrote ${defaultPipelineFile}; try: millrace run`);
    });
}

async function detectCommand(): Promise<string> {
  for (const [marker, cmd] of kinds) {
    const isThere = await access(marker).then(
      () => true,
      () => false,
    );
    if (isThere) return cmd;
  }
  return 'echo "replace me by your tests"';
}
