import type { Command } from 'commander';
import type { Diagnostic } from '#libs/pipeline-dsl';
import { contextOf } from '../context.ts';
import { exitCodes, UsageError } from '../exit-codes.ts';
import { compileFile, defaultPipelineFile } from './pipeline-file.ts';

export function addValidate(program: Command, finish: (exitCode: number) => void): void {
  program
    .command('validate')
    .summary('check pipeline files without a server')
    .argument('[file...]', 'pipeline files', [defaultPipelineFile])
    .action(async (files: string[], _options, command: Command) => {
      const { output } = contextOf(command);
      let isValid = true;
      const all: Omit<Diagnostic, 'code'>[] = [];
      for (const file of files) {
        try {
          const compiled = await compileFile(file, (line) => output.isJson || output.line(line));
          isValid &&= compiled.ok;
          all.push(...compiled.diagnostics);
          if (compiled.ok && !output.isJson)
            output.line(`${file}: valid, ${compiled.plan.steps.length} steps`);
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
          };
          all.push(diagnostic);
          if (!output.isJson) output.line(`${file}:1:1: error ${error.message} [${error.code}]`);
        }
      }
      if (output.isJson) output.json({ valid: isValid, diagnostics: all });
      finish(isValid ? exitCodes.success : exitCodes.usage);
    });
}
