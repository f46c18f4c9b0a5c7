import type { Command } from 'commander';
import { findSettingKey, settings } from '#libs/config';
import { describeError, isErrorCode } from '#libs/kernel';
import { explainDiagnostic } from '#libs/pipeline-dsl';
import { contextOf } from '../context.ts';
import { UsageError } from '../exit-codes.ts';
import { isUsageCode, usageCodes } from '../usage-codes.ts';

export function addExplain(program: Command): void {
  program
    .command('explain')
    .summary('say what an error code means and what to do')
    .argument('<code>', 'such as run.not-found or graph.cycle')
    .action((code: string, _options, command: Command) => {
      const { output } = contextOf(command);
      const found = explanationOf(code);
      if (found === undefined) throw new UsageError('code.unknown', `there is no code ${code}`);
      if (output.isJson) output.json({ code, ...found });
      else output.line(`${code}: ${found.title}\n${found.text}`);
    });
}

function explanationOf(
  code: string,
): { readonly title: string; readonly text: string } | undefined {
  if (isErrorCode(code)) {
    const { title, hint, status } = describeError(code);
    return { title, text: `${hint} (HTTP ${status})` };
  }
  if (isUsageCode(code)) {
    const [title, text] = usageCodes[code];
    return { title, text };
  }
  const diagnostic = explainDiagnostic(code);
  if (diagnostic === undefined) return undefined;
  return { title: `a pipeline ${diagnostic.severity}`, text: diagnostic.explanation };
}

export function addConfig(program: Command): void {
  const config = program.command('config').summary('show settings and where they come from');
  config
    .command('explain')
    .summary('say a setting’s value and its source')
    .argument('[key]', 'one setting; all by default')
    .action((name: string | undefined, _options, command: Command) => {
      const { output, settings: layered } = contextOf(command);
      const key = name === undefined ? undefined : findSettingKey(name);
      if (name !== undefined && key === undefined)
        throw new UsageError('config.unknown', `there is no setting ${name}`);
      const keys = key === undefined ? (Object.keys(settings) as (keyof typeof settings)[]) : [key];
      for (const each of keys) {
        const explained = layered.explain(each);
        if (output.isJson) output.json(explained);
        else
          output.line(
            `${each} = ${JSON.stringify(explained.value) ?? 'unset'}  (${explained.layer}: ${explained.origin})  ${explained.about}`,
          );
      }
    });
}
