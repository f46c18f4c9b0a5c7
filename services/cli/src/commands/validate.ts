import type { Command } from 'commander';
import { operations } from '#libs/api-contract';
import type { Config } from '#libs/config';
import type { Diagnostic } from '#libs/pipeline-dsl';
import { contextOf } from '../context.ts';
import { exitCodes, UsageError } from '../exit-codes.ts';
import { pasteable } from '../invocation.ts';
import { count } from '../output.ts';
import { connect } from '../server-connection.ts';
import { compileFile, defaultPipelineFile, locatePipelineFile } from './pipeline-file.ts';

export function addValidate(program: Command, finish: (exitCode: number) => void): void {
  program
    .command('validate')
    .summary('check pipeline files; where a server runs, against its executors, too')
    .argument('[file...]', 'pipeline files, the default here or above; - reads one from a pipe', [
      defaultPipelineFile,
    ])
    .action(async (files: string[], _options, command: Command) => {
      const { output, config } = contextOf(command);
      let isValid = true;
      const all: Omit<Diagnostic, 'code'>[] = [];
      for (const named of files) {
        let file = named;
        try {
          ({ file } = locatePipelineFile(named));
          const say = (line: string) => output.isJson || output.line(line);
          const compiled = await compileFile(file, say, (yaml) =>
            askServer(config, { yaml, file }),
          );
          isValid &&= compiled.ok;
          all.push(...compiled.diagnostics);
          if (compiled.ok && !output.isJson)
            output.line(`${file}: valid, ${count(compiled.plan.steps.length, 'step')}`);
        } catch (error) {
          if (!(error instanceof UsageError)) throw error;
          isValid = false;
          const diagnostic = {
            code: error.code,
            severity: 'error' as const,
            file,
            line: 1,
            column: 1,
            message: error.message,
            hint: pasteable(error.hint, output.invocation).replace(/\.$/, ''),
          };
          all.push(diagnostic);
          const { message, hint, code } = diagnostic;
          if (!output.isJson) output.line(`${file}:1:1: error ${message} (${hint}) [${code}]`);
        }
      }
      if (output.isJson) output.json({ valid: isValid, diagnostics: all });
      finish(isValid ? exitCodes.success : exitCodes.usage);
    });
}

/** How long the advice of a server is waited for, in milliseconds: the check itself takes a few. */
const askMs = 5_000;

/** The diagnostics of a running server. None is started for them, and none is waited for that does not answer. */
async function askServer(
  config: Config,
  body: { readonly yaml: string; readonly file: string },
): Promise<readonly Diagnostic[] | undefined> {
  try {
    const client = await connect(config);
    const signal = AbortSignal.timeout(askMs);
    const answer = await client.call(operations.validatePipeline, { body, signal });
    return answer.valid ? (answer.diagnostics as readonly Diagnostic[]) : undefined;
  } catch {
    return undefined;
  }
}
