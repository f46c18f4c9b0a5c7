import { readFile } from 'node:fs/promises';
import { type Command, Option } from 'commander';
import { operations, type StartRunBody } from '#libs/api-contract';
import type { Isolation, Source } from '#libs/events';
import { gitUrlProblem } from '#libs/sources';
import { type CommandContext, contextOf } from '../context.ts';
import { exitCodes, UsageError } from '../exit-codes.ts';
import { runUrl } from '../run-summary.ts';
import { startAndFollow } from '../start-and-follow.ts';
import { uploadWorkingTree } from '../upload-working-tree.ts';
import { compileFile, defaultPipelineFile } from './pipeline-file.ts';

interface RunOptions {
  readonly input: readonly string[];
  readonly isolation: Isolation;
  readonly source: 'tree' | 'none';
  readonly git?: string;
  readonly commit?: string;
  readonly key?: string;
}

export function addRun(program: Command, finish: (exitCode: number) => void): void {
  program
    .command('run')
    .summary('run a pipeline file over the working tree and wait for its end')
    .argument('[file]', 'pipeline file', defaultPipelineFile)
    .option(
      '-i, --input <name=value>',
      'give an input a value (repeatable)',
      (item: string, all: readonly string[]) => [...all, item],
      [] as readonly string[],
    )
    .addOption(
      new Option(
        '--isolation <floor>',
        'isolation that every step must have; the server’s isolation_min holds as well',
      )
        .choices(['none', 'standard', 'strict'])
        .default('none'),
    )
    .addOption(
      new Option('--source <kind>', 'what the steps find in their workspace')
        .choices(['tree', 'none'])
        .default('tree'),
    )
    .option('--git <url>', 'take the files from a git repository instead')
    .option('--commit <sha>', 'the commit to take, with --git')
    .option('--key <type:id:version>', 'start at most one run for this key')
    .addHelpText(
      'after',
      '\nThe server of the data directory is used; where none runs, one is started in the background. It stays while\nanything is queued, running or asked for, and idle_exit (10 min) beyond; `millrace stop` ends it.\nThe first Ctrl-C cancels the run, the second forces it.',
    )
    .action(async (file: string, options: RunOptions, command: Command) => {
      const context = contextOf(command);
      const compiled = await compileFile(
        file,
        (line) => context.output.isJson || context.output.note(line),
      );
      if (!compiled.ok) {
        if (context.output.isJson)
          context.output.json({ valid: false, diagnostics: compiled.diagnostics });
        finish(exitCodes.usage);
        return;
      }
      finish(await runFile(context, file, options));
    });
}

async function runFile(
  context: CommandContext,
  file: string,
  options: RunOptions,
): Promise<number> {
  const request = {
    yaml: await readFile(file, 'utf8'),
    inputs: readInputs(options.input),
    isolation: options.isolation,
  };
  const source = readGitSource(options);
  const client = await context.client({ works: true, always: true });
  const body: StartRunBody = {
    ...request,
    source:
      source ??
      (options.source === 'none'
        ? { kind: 'none' }
        : await uploadWorkingTree(client, {
            dir: process.cwd(),
            dataDir: context.config.dataDir,
            note: context.output.note,
          })),
    ...(options.key === undefined ? {} : { trigger: { key: options.key } }),
  };
  return startAndFollow(context, client, {
    start: () => client.call(operations.startRun, { body }),
    headline: (run) => `run ${run.number} · ${runUrl(client, run)}`,
  });
}

/** `NAME=VALUE` pairs. @throws UsageError */
function readInputs(items: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    items.map((item) => {
      const at = item.indexOf('=');
      if (at < 1) throw new UsageError('input.malformed', `--input ${item}: expected NAME=VALUE`);
      return [item.slice(0, at), item.slice(at + 1)];
    }),
  );
}

function readGitSource({ git, commit }: RunOptions): Source | undefined {
  if (git === undefined && commit === undefined) return undefined;
  if (git === undefined || commit === undefined)
    throw new UsageError('source.malformed', '--git and --commit go together');
  const problem = gitUrlProblem(git, { allowsFiles: false });
  if (problem !== undefined)
    throw new UsageError('source.malformed', `the address of --git is refused: ${problem}`);
  return { kind: 'git', url: git, commit };
}
