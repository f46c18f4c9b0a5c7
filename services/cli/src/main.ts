import { type Command, CommanderError } from 'commander';
import pc from 'picocolors';
import { exitCodes, explainFailure } from './exit-codes.ts';
import { givenTo, invocationOf, pasteable } from './invocation.ts';
import { handleLostReaders, mayColor, printable } from './output.ts';
import { createProgram } from './program.ts';

async function main(): Promise<number> {
  let exitCode: number = exitCodes.success;
  const program = createProgram((code) => {
    exitCode = code;
  });
  let called: Command = program;
  program.hook('preAction', (_, command) => {
    called = command;
  });
  try {
    await program.parseAsync(process.argv);
    return exitCode;
  } catch (error) {
    // Commander has said what is wrong, or has printed the help that was asked for.
    if (error instanceof CommanderError)
      return error.exitCode === 0 ? exitCodes.success : exitCodes.usage;
    const { exitCode: code, line, hint } = explainFailure(error, program.opts());
    const invocation = { ...invocationOf(program.opts()), given: givenTo(called) };
    const words = [line, ...(hint === undefined ? [] : [`  ${hint}`])].map((text) =>
      printable(pasteable(text, invocation)),
    );
    process.stderr.write(
      `${pc.createColors(mayColor(process.stderr)).red('error:')} ${words.join('\n')}\n`,
    );
    return code;
  }
}

handleLostReaders();
process.exitCode = await main();
