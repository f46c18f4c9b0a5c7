import type { Command } from 'commander';
import { pipelineJsonSchema, planText } from '#libs/pipeline-dsl';
import { contextOf } from '../context.ts';
import { exitCodes } from '../exit-codes.ts';
import { compileFile, defaultPipelineFile, locatePipelineFile } from './pipeline-file.ts';

export function addPlan(program: Command, finish: (exitCode: number) => void): void {
  program
    .command('plan')
    .summary('show what a pipeline file compiles to')
    .argument('[file]', 'pipeline file, here or above; - reads it from a pipe', defaultPipelineFile)
    .option('--schema', 'print the JSON Schema of pipeline files instead')
    .action(async (file: string, options: { schema?: boolean }, command: Command) => {
      const { output } = contextOf(command);
      if (options.schema) {
        output.line(JSON.stringify(pipelineJsonSchema(), null, 2));
        return;
      }
      const compiled = await compileFile(locatePipelineFile(file).file, output.note);
      if (!compiled.ok) {
        if (output.isJson) output.json({ valid: false, diagnostics: compiled.diagnostics });
        finish(exitCodes.usage);
        return;
      }
      if (output.isJson) output.json({ planHash: compiled.planHash, plan: compiled.plan });
      else output.line(planText(compiled.plan).trimEnd());
    });
}
