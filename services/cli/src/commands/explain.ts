import type { Command } from 'commander';
import { type Explanation, findSettingKey, settingName, settings } from '#libs/config';
import { describeError, exactDuration, formatBytes, isErrorCode } from '#libs/kernel';
import { explainDiagnostic } from '#libs/pipeline-dsl';
import { contextOf } from '../context.ts';
import { UsageError } from '../exit-codes.ts';
import { pasteable } from '../invocation.ts';
import { explainTerm } from '../record-terms.ts';
import { isUsageCode, usageCodes } from '../usage-codes.ts';

export function addExplain(program: Command): void {
  program
    .command('explain')
    .summary('say what a code or a word of the record means and what to do')
    .argument('<code>', 'such as run.not-found, graph.cycle or worker-lost')
    .action((code: string, _options, command: Command) => {
      const { output } = contextOf(command);
      const found = explanationOf(code);
      if (found === undefined) throw new UsageError('code.unknown', `there is no code ${code}`);
      if (output.isJson) output.json({ code, ...found });
      else output.line(pasteable(`${code}: ${found.title}\n${found.text}`, output.invocation));
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
  if (diagnostic === undefined) return explainTerm(code);
  return { title: `a pipeline ${diagnostic.severity}`, text: diagnostic.explanation };
}

/** A size as what it is set by, and in words. */
function valueText({ value, unit }: Explanation): string {
  if (unit === 'ms' && typeof value === 'number') return exactDuration(value);
  if (unit === 'bytes' && typeof value === 'number') return `${value} (${formatBytes(value)})`;
  return JSON.stringify(value) ?? 'unset';
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
            `${settingName(each)} = ${valueText(explained)}  (${explained.layer}: ${explained.origin})  ${explained.about}`,
          );
      }
    });
}
