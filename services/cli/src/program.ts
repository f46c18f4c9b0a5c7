import { Command, Option } from 'commander';
import { listed } from '#libs/kernel';
import { didYouMean } from '#libs/pipeline-dsl';
import { thisBuild } from '#libs/telemetry';
import { addArtifacts } from './commands/artifacts.ts';
import { addCancel } from './commands/cancel.ts';
import { addDev } from './commands/dev.ts';
import { addDoctor } from './commands/doctor.ts';
import { addEvents } from './commands/events.ts';
import { addConfig, addExplain } from './commands/explain.ts';
import { addInit } from './commands/init.ts';
import { addLogs } from './commands/logs.ts';
import { addExecutors, addProjections } from './commands/operate.ts';
import { addPlan } from './commands/plan.ts';
import { addReplay } from './commands/replay.ts';
import { addRun } from './commands/run.ts';
import { addRuns, addShow } from './commands/show.ts';
import { addStop } from './commands/stop.ts';
import { addValidate } from './commands/validate.ts';
import { addRetry, addWatch } from './commands/watch.ts';
import { addWhy } from './commands/why.ts';
import { usageHint } from './exit-codes.ts';
import { givenTo, invocationOf, pasteable, takesServer } from './invocation.ts';

/** @param finish  gets the exit code of a command that has one of its own */
export function createProgram(finish: (exitCode: number) => void): Command {
  const program: Command = new Command('millrace')
    .description('Event-sourced CI/CD pipelines')
    .version(thisBuild.version, '-V, --version')
    .option('--data-dir <dir>', 'directory of all state (default: .millrace, here or above)')
    .option('--listen <host:port>', 'address of a server that is started (default 127.0.0.1:7420)')
    .option('--db <url>', 'a Postgres 15 or newer instead of the embedded one')
    .option('--sandbox <driver>', 'auto, process or oci')
    .addOption(
      new Option(
        '--server <url>',
        'talk to this server over TCP, with MILLRACE_TOKEN or DATA_DIR/admin-token, instead of the one of the data directory',
      )
        // These describe a server that is started here, which says nothing about one elsewhere.
        .conflicts(['listen', 'db', 'sandbox']),
    )
    .option('--json', 'machine-readable answers: NDJSON for lists and streams')
    .configureHelp({
      showGlobalOptions: true,
      visibleGlobalOptions: (command) =>
        command === program ? [] : program.options.filter((option) => takes(command, option)),
    })
    .hook('preAction', refuseUnknownCommand)
    .hook('preAction', refuseIdleOptions)
    .showSuggestionAfterError()
    .configureOutput({ outputError: (text, write) => write(withCode(text)) })
    .exitOverride()
    .addHelpText(
      'after',
      `
Exit codes: 0 success · 1 the run failed · 2 usage or invalid pipeline · 3 system error · 4 cancelled · 5 timeout · 6 not found or not allowed · 130 interrupted`,
    );
  for (const add of [addRun, addDev, addStop, addValidate, addPlan, addWatch, addRetry])
    add(program, finish);
  for (const add of [
    addInit,
    addRuns,
    addShow,
    addLogs,
    addArtifacts,
    addCancel,
    addWhy,
    addReplay,
  ])
    add(program);
  for (const add of [addEvents, addProjections, addExecutors, addExplain, addConfig]) add(program);
  addDoctor(program, finish);
  for (const command of [program, ...commandsOf(program)]) {
    const help = pasteable(usageHint, { ...invocationOf({}), given: givenTo(command) });
    command.showHelpAfterError(`  ${help}`);
    // `refuseUnknownCommand` says more than that there are too many arguments.
    if (isGroup(command)) command.allowExcessArguments();
  }
  return program;
}

function commandsOf(command: Command): readonly Command[] {
  return command.commands.flatMap((own) => [own, ...commandsOf(own)]);
}

/** Whether it has commands of its own and takes nothing else: a word behind it is meant as one of them. */
function isGroup({ commands, registeredArguments }: Command): boolean {
  return commands.length > 0 && registeredArguments.length === 0;
}

/** Refuses the word behind a command if it is none of its own commands, such as `projections rebuid`. */
function refuseUnknownCommand(_program: Command, command: Command): void {
  const [word] = command.args;
  if (word === undefined || !isGroup(command)) return;
  const names = command.commands.map((own) => own.name());
  const meant = didYouMean(word, names) ?? `there is ${listed(names)}`;
  command.error(`error: unknown command '${word}' of \`millrace ${command.name()}\`: ${meant}`);
}

/** Whether an option of the program means anything for a command. */
function takes(command: Command, { long }: Option): boolean {
  let own = command;
  while (own.parent?.parent) own = own.parent;
  return long !== '--server' || takesServer(own.name());
}

/** Refuses an option of the program that the command would ignore. */
function refuseIdleOptions(program: Command, command: Command): void {
  for (const option of program.options) {
    const isGiven = program.getOptionValueSource(option.attributeName()) === 'cli';
    if (isGiven && !takes(command, option))
      command.error(`error: unknown option '${option.long}' of \`millrace ${command.name()}\``);
  }
}

/** Commander's message with the error code at the end of its first line. */
function withCode(text: string): string {
  const [first = '', ...rest] = text.trimEnd().split('\n');
  return [
    `${first.replace(/\.$/, '')} [usage.invalid]`,
    ...rest.map((line) => `  ${line}`),
    '',
  ].join('\n');
}
