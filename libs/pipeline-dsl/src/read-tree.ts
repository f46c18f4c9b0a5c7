// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the file speaks about the pipeline's own references
import { Composer, type CST, type Document, Lexer, Parser } from 'yaml';
import { buildTree } from './build-tree.ts';
import { limits } from './limits.ts';
import { readPlainTree } from './plain-reader.ts';
import { type Problem, ReadStop } from './problem.ts';
import type { Node } from './tree.ts';

export type TreeResult =
  | { readonly ok: true; readonly root: Node }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/**
 * Reads one YAML 1.2 document. The first syntax error is the only one that is told: those that follow it are
 * mostly its echoes.
 */
export function readTree(text: string): TreeResult {
  const root = readPlainTree(text);
  return root ? { ok: true, root } : readAnyTree(text);
}

/**
 * The general reader, for every file. Depth and size are counted on the token stream, before anything recursive
 * touches it.
 */
export function readAnyTree(text: string): TreeResult {
  try {
    const document = compose(readTokens(text), text);
    if (document.contents === null) throw new ReadStop(emptyFile);
    return buildTree(document);
  } catch (error) {
    if (error instanceof ReadStop) return { ok: false, problems: [error.problem] };
    throw error;
  }
}

const emptyFile: Problem = {
  code: 'yaml.empty',
  offset: 0,
  message: 'the file is empty',
  hint: 'the smallest pipeline has a "name" and one step with "id" and "cmd"',
};

/** A file of the largest legal size and the usual looks has 60 of them for each of its 10,000 steps. */
const lexemesMax = 600_000;

/** By these the lexer tells a document's start, a scalar and the end of flow mode; they are not in the text. */
const marks = new Set(['\u0002', '\u0018', '\u001f']);

function readTokens(text: string): CST.Token[] {
  const parser = new Parser();
  const tokens: CST.Token[] = [];
  let offset = 0;
  let lexemes = 0;
  let properties = 0;
  let documents = 0;
  let before = '';
  for (const lexeme of new Lexer().lex(text)) {
    for (const token of parser.next(lexeme)) {
      tokens.push(token);
      // What follows an error is its echo, and the composer would make one more error of each.
      if (token.type === 'error') return tokens;
      // A second document is refused whatever follows it.
      documents += token.type === 'document' ? 1 : 0;
      if (documents > 1) return tokens;
    }
    lexemes += 1;
    if (before !== '\u001f' && /^[&*!%]/.test(lexeme)) properties += 1;
    before = lexeme;
    if (parser.stack.length > limits.depthMax + 1) {
      const message = `lists and maps stand more than ${limits.depthMax} deep inside each other`;
      throw new ReadStop({ code: 'limit.depth', offset, message });
    }
    if (properties > limits.propertiesMax) {
      const message = `the file uses anchors, aliases and tags more than ${limits.propertiesMax} times`;
      throw new ReadStop({ code: 'limit.aliases', offset, message });
    }
    if (lexemes > lexemesMax) {
      const message = `the file holds more than ${limits.nodesMax} values`;
      throw new ReadStop({ code: 'limit.nodes', offset, message });
    }
    if (!marks.has(lexeme)) offset += lexeme.length;
  }
  tokens.push(...parser.end());
  return tokens;
}

function compose(tokens: CST.Token[], text: string): Document.Parsed {
  // Duplicate keys and merges are ours: the library compares each key with each, which a large map turns into minutes.
  const composer = new Composer({
    schema: 'core',
    version: '1.2',
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: 'silent',
  });
  boundErrors(composer, text);
  const [document, second] = [...composer.compose(tokens, true, text.length)];
  if (!document) throw new ReadStop(emptyFile);
  const error = firstOf<SyntaxFault>(document.errors);
  if (error) throw new ReadStop(syntaxProblem(error, text));
  if (second) {
    const message = 'a second YAML document starts here';
    const offset = text.lastIndexOf('---', second.contents?.range?.[0] ?? second.range[0]);
    throw new ReadStop({ code: 'yaml.multiple-documents', offset: Math.max(0, offset), message });
  }
  const warning = firstOf(document.warnings);
  if (warning?.code === 'TAG_RESOLVE_FAILED') {
    const message = oneLine(warning.message).replace(/^Unresolved tag: /, 'unknown tag ');
    throw new ReadStop(tagProblem(message, warning.pos[0]));
  }
  return document;
}

/**
 * The composer makes one error of every token that it doesn't understand, which takes seconds where a file
 * is nothing but such tokens. Its hook for errors is not in its types; without it only this bound is lost.
 */
function boundErrors(composer: Composer, text: string): void {
  const inner: unknown = Reflect.get(composer, 'onError');
  if (typeof inner !== 'function') return;
  const errors: SyntaxFault[] = [];
  const bounded = (source: ErrorSource, code: string, message: string, isWarning?: boolean) => {
    inner(source, code, message, isWarning);
    errors.push({ code, message, pos: [offsetOf(source)] });
    if (errors.length < limits.diagnosticsMax) return;
    const first = firstOf(errors);
    if (first) throw new ReadStop(syntaxProblem(first, text));
  };
  Reflect.set(composer, 'onError', bounded);
}

type ErrorSource = number | readonly [number, ...number[]] | { readonly offset: number };

function offsetOf(source: ErrorSource): number {
  if (typeof source === 'number') return source;
  return 'offset' in source ? source.offset : source[0];
}

interface SyntaxFault {
  readonly code: string;
  readonly message: string;
  readonly pos: readonly [number, ...number[]];
}

function firstOf<E extends SyntaxFault>(errors: readonly E[]): E | undefined {
  return [...errors].sort((a, b) => a.pos[0] - b.pos[0])[0];
}

function syntaxProblem(error: SyntaxFault, text: string): Problem {
  const offset = Math.min(error.pos[0], text.length);
  const isTab = error.code === 'TAB_AS_INDENT';
  const tabbedLine = /^ *\t[ \t]*\S/m.exec(text)?.index;
  if (isTab || (tabbedLine !== undefined && tabbedLine <= offset)) {
    const at = text.indexOf('\t', isTab ? offset : tabbedLine);
    const message = 'a tab cannot be used to indent';
    const hint = 'indent with spaces';
    return { code: 'yaml.tab', offset: at < 0 ? offset : at, message, hint };
  }
  if (error.code === 'TAG_RESOLVE_FAILED') {
    return tagProblem(oneLine(error.message), offset);
  }
  if (error.code === 'MULTIPLE_DOCS') {
    return {
      code: 'yaml.multiple-documents',
      offset,
      message: 'a second YAML document starts here',
    };
  }
  const message = `not well-formed YAML: ${oneLine(error.message)}`;
  if (error.code === 'BLOCK_AS_IMPLICIT_KEY' && error.message.startsWith('Nested mappings'))
    return { code: 'yaml.syntax', offset, message, hint: colonHint };
  const line = text.slice(text.lastIndexOf('\n', offset - 1) + 1).split('\n', 1)[0] ?? '';
  if (!line.includes('${{')) return { code: 'yaml.syntax', offset, message };
  return {
    code: 'yaml.syntax',
    offset,
    message,
    hint: 'put the text with ${{ }} in double quotes',
  };
}

/** What makes a map of a line that was meant as text. */
export const colonHint =
  'if it is text, put all of it in quotes, or below a "|": what stands before ": " is a key otherwise';

function tagProblem(message: string, offset: number): Problem {
  const problem = { code: 'yaml.tag', offset, message } as const;
  if (message.includes('!reference')) {
    const hint = 'it is of GitLab CI: repeat a part of the file by an anchor (&name) and *name';
    return { ...problem, hint };
  }
  return { ...problem, hint: 'put text that begins with ! in quotes' };
}

/** The library's messages may quote the file over several lines. */
function oneLine(message: string): string {
  const line = message.split('\n', 1)[0] ?? '';
  const short = line.length > 200 ? `${line.slice(0, 200)}…` : line;
  return short
    .replace(/\p{Cc}/gu, ' ')
    .replace(/\.$/, '')
    .trim();
}
