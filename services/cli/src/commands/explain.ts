import type { Command } from 'commander';
import {
  type Explanation,
  findSettingKey,
  type SettingKey,
  settingName,
  settings,
} from '#libs/config';
import { describeError, errorCodes, exactDuration, formatBytes, isErrorCode } from '#libs/kernel';
import { diagnosticCodes, didYouMean, explainDiagnostic } from '#libs/pipeline-dsl';
import { contextOf } from '../context.ts';
import { UsageError } from '../exit-codes.ts';
import { pasteable } from '../invocation.ts';
import { type Output, table } from '../output.ts';
import { explainTerm, recordTerms } from '../record-terms.ts';
import { isUsageCode, usageCodes } from '../usage-codes.ts';

export function addExplain(program: Command): void {
  program
    .command('explain')
    .summary('say what a code or a word of the record means and what to do')
    .argument('[code]', 'such as run.not-found, graph.cycle or worker-lost; lists all by default')
    .action((code: string | undefined, _options, command: Command) => {
      const { output } = contextOf(command);
      if (code === undefined) {
        listCodes(output);
        return;
      }
      const found = explanationOf(code);
      if (found === undefined) throw unknownCode(code);
      if (output.isJson) output.json({ code, ...found });
      else output.line(pasteable(`${code}: ${found.title}\n${found.text}`, output.invocation));
    });
}

/** Every code and word that can be printed. */
export const explained: readonly string[] = [
  ...errorCodes,
  ...Object.keys(usageCodes),
  ...diagnosticCodes,
  ...recordTerms,
];

function listCodes(output: Output): void {
  const found = explained.map((code) => ({ code, ...explanationOf(code) }));
  if (output.isJson) for (const each of found) output.json(each);
  else output.line(table(found.map(({ code, title = '' }) => [code, title])));
}

export function unknownCode(code: string): UsageError {
  const hint = suggested(code, explained, usageCodes['code.unknown'][1]);
  return new UsageError('code.unknown', `there is no code ${code}`, hint);
}

export function unknownSetting(name: string): UsageError {
  const names = (Object.keys(settings) as SettingKey[]).map(settingName);
  const meant = name.replace(/^MILLRACE_/, '').toLowerCase();
  const hint = suggested(meant, names, usageCodes['config.unknown'][1]);
  return new UsageError('config.unknown', `there is no setting ${name}`, hint);
}

function suggested(word: string, known: readonly string[], usual: string): string {
  const question = didYouMean(word, known);
  return question === undefined ? usual : `${question} ${usual}`;
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
      if (name !== undefined && key === undefined) throw unknownSetting(name);
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
