import { type Command, Option } from 'commander';
import { type ApiClient } from '#libs/api-client';
import { operations, type StartRunBody } from '#libs/api-contract';
import { gitUrlProblem, type Isolation, type Plan, type Source } from '#libs/events';
import { Fault, shellWord } from '#libs/kernel';
import { gitAccessOf, resolveCommit } from '#libs/sources';
import { beforeRun } from '../before-run.ts';
import { type CommandContext, contextOf } from '../context.ts';
import { exitCodes, HintedFault, UsageError } from '../exit-codes.ts';
import { asCalledAnywhere } from '../invocation.ts';
import { commitCommand, localRepository } from '../local-commit.ts';
import { startAndFollow } from '../start-and-follow.ts';
import { uploadWorkingTree } from '../upload-working-tree.ts';
import {
  compileFile,
  defaultPipelineFile,
  type LocatedFile,
  locatePipelineFile,
} from './pipeline-file.ts';

/** How long a repository may take to say which commit a name means. */
const resolveMs = 60_000;

const commitHint =
  '--commit takes a branch, a tag or a whole hash; `git ls-remote` with the address lists them.';

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
    .argument('[file]', 'pipeline file, here or above; - reads it from a pipe', defaultPipelineFile)
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
    .option('--commit <ref>', 'with --git: a branch, a tag or a whole hash (default: HEAD)')
    .option(
      '--key <type:id:version>',
      'start at most one run for this key: what asks (push), what it asks about (main), and which state of that (a commit)',
    )
    .addHelpText(
      'after',
      '\nThe server of the data directory is used; where none runs, one is started in the background. It stays while\nanything is queued, running or asked for, and idle_exit (10 min) beyond; `millrace stop` ends it.\nThe first Ctrl-C cancels the run, the second forces it.',
    )
    .action(async (named: string, options: RunOptions, command: Command) => {
      const context = contextOf(command);
      const { file, dir } = locatePipelineFile(named);
      if (options.source === 'tree' && dir !== process.cwd())
        context.output.note(`the files of ${dir} are what runs`);
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
      finish(await runFile(context, compiled, { ...options, dir }));
    });
}

async function runFile(
  context: CommandContext,
  { plan, yaml }: { readonly plan: Plan; readonly yaml: string },
  options: RunOptions & Pick<LocatedFile, 'dir'>,
): Promise<number> {
  const request = {
    yaml,
    inputs: readInputs(options.input),
    isolation: options.isolation,
  };
  const { client, source } = await beforeRun(context, () => prepareRun(context, plan, options));
  const body: StartRunBody = {
    ...request,
    source,
    trigger: { kind: 'cli', ...(options.key === undefined ? {} : { key: options.key }) },
  };
  return startAndFollow(context, client, {
    start: () => client.call(operations.startRun, { body }),
    headline: (run) => `run ${run.number} of ${plan.name}`,
  });
}

/** The server that is to run it, and the source of its files as the server has it. */
async function prepareRun(
  context: CommandContext,
  plan: Plan,
  options: RunOptions & Pick<LocatedFile, 'dir'>,
): Promise<{ readonly client: ApiClient; readonly source: Source }> {
  const git = await readGitSource(context, options);
  const client = await context.client({ works: true, always: true });
  if (git !== undefined) return { client, source: git };
  if (options.source === 'none') return { client, source: { kind: 'none' } };
  const source = await uploadWorkingTree(client, {
    dir: options.dir,
    dataDir: context.config.dataDir,
    checkout: plan.checkout,
    note: context.output.note,
  });
  return { client, source };
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

/** The commit stands in the run's event: what a branch names tomorrow is another one. */
async function readGitSource(
  context: CommandContext,
  { git: url, commit }: RunOptions,
): Promise<Source | undefined> {
  if (url === undefined && commit === undefined) return undefined;
  const problem = url === undefined ? undefined : gitUrlProblem(url, { allowsFiles: false });
  if (url === undefined || problem !== undefined)
    throw refusedAddress(context, { url, commit, problem });
  const found = await resolveCommit(
    { url, name: commit ?? 'HEAD' },
    { timeoutMs: resolveMs, access: gitAccessOf(context.config) },
  ).catch((error: unknown) => {
    throw error instanceof Fault && error.code !== 'source.fetch-failed'
      ? new HintedFault(error, commitHint)
      : error;
  });
  return { kind: 'git', ...found };
}

/** Of a repository on this machine the working tree is sent, never a path: a server may be elsewhere. */
function refusedAddress(
  { config, output }: CommandContext,
  { url, commit, problem }: Record<'url' | 'commit' | 'problem', string | undefined>,
): UsageError {
  const repository = localRepository(url);
  if (repository === undefined)
    return url === undefined
      ? new UsageError('source.malformed', '--commit goes with --git')
      : new UsageError('source.malformed', `the address of --git is refused: ${problem}`);
  const named = output.invocation.given?.FILE ?? defaultPipelineFile;
  const file = named === defaultPipelineFile ? '' : ` ${named}`;
  const run = asCalledAnywhere(output.invocation, config.dataDir, `run${file}`);
  return new UsageError(
    'source.malformed',
    `${url === undefined ? '--commit goes with --git URL' : `--git ${url} is on this machine`}: of a repository here the working tree is sent`,
    commit === undefined
      ? `Run its working tree: \`cd ${shellWord(repository)} && ${run}\``
      : `Give the commit a working tree: \`${commitCommand(repository, commit, run)}\``,
  );
}
