import type { ListNode, MapEntry, MapNode, Node, ScalarNode } from './tree.ts';

/** Thrown where the plain reader declines; caught by `readPlainTree` alone. */
export const decline = new Error('not plain enough');

const keyPattern = /([A-Za-z_][\w./-]*): +/y;
// Neither indicators of YAML at the start, nor anything inside that could end the text or mean something in flow.
const flowTextPattern = /[A-Za-z0-9_./$+=~][^,[\]{}:#"'\n]*/y;
const depthMax = 10;
const wordValues = new Map<string, boolean | null>([
  ['true', true],
  ['True', true],
  ['TRUE', true],
  ['false', false],
  ['False', false],
  ['FALSE', false],
  ['null', null],
  ['Null', null],
  ['NULL', null],
  ['~', null],
]);

/** Values that stand on one line; part of the plain reader and as ready to decline. */
export class PlainValues {
  private readonly text: string;
  private at = 0;
  private end = 0;
  private depth = 0;

  constructor(text: string) {
    this.text = text;
  }

  /** The value from `at` to the end of its line, with nothing behind it but a comment. */
  read(at: number, end: number): Node {
    const first = this.text[at];
    this.at = at;
    this.end = end;
    if (first !== '"' && first !== "'" && first !== '[' && first !== '{') return this.readLine();
    const value = this.readFlow();
    this.skipSpaces();
    const hasComment = this.text[this.at] === '#' && this.text[this.at - 1] === ' ';
    if (this.at < end && !hasComment) throw decline;
    return value;
  }

  /** Text without quotes, with the type that YAML 1.2 core gives it. */
  scalar(written: string, start: number): ScalarNode {
    return { kind: 'scalar', value: resolve(written), written, start, end: start + written.length };
  }

  private readLine(): ScalarNode {
    const comment = this.text.slice(this.at, this.end).indexOf(' #');
    const line =
      comment < 0
        ? this.text.slice(this.at, this.end)
        : this.text.slice(this.at, this.at + comment);
    const written = withoutSpaces(line);
    const isIndicator = /^[?:,[\]{}#&*!|>'"%@`]|^-(?: |$)/.test(written);
    if (written === '' || isIndicator || written.endsWith(':') || written.includes(': '))
      throw decline;
    return this.scalar(written, this.at);
  }

  private readFlow(): Node {
    switch (this.text[this.at]) {
      case '"':
        return this.readQuoted('"');
      case "'":
        return this.readQuoted("'");
      case '[':
        return this.readFlowList();
      case '{':
        return this.readFlowMap();
      default:
        return this.readFlowText();
    }
  }

  private readQuoted(quote: string): ScalarNode {
    const start = this.at;
    const close = this.text.indexOf(quote, start + 1);
    if (close < 0 || close >= this.end) throw decline;
    const written = this.text.slice(start + 1, close);
    // An escape: a backslash, or a doubled single quote.
    if (this.text[close + 1] === quote || (quote === '"' && written.includes('\\'))) throw decline;
    this.at = close + 1;
    return { kind: 'scalar', value: written, written, start, end: this.at };
  }

  private readFlowList(): ListNode {
    const start = this.open();
    const items: Node[] = [];
    if (this.text[this.at] !== ']') {
      do {
        this.skipSpaces();
        items.push(this.readFlow());
      } while (this.takeComma());
    }
    this.close(']');
    return { kind: 'list', items, start };
  }

  private readFlowMap(): MapNode {
    const start = this.open();
    const entries: MapEntry[] = [];
    const names = new Set<string>();
    if (this.text[this.at] !== '}') {
      do {
        this.skipSpaces();
        keyPattern.lastIndex = this.at;
        const [, name] = keyPattern.exec(this.text) ?? [];
        if (name === undefined || names.has(name) || name === '__proto__') throw decline;
        names.add(name);
        const key = this.scalar(name, this.at);
        this.at = keyPattern.lastIndex;
        entries.push({ key, value: this.readFlow() });
      } while (this.takeComma());
    }
    this.close('}');
    return { kind: 'map', entries, start };
  }

  private readFlowText(): ScalarNode {
    flowTextPattern.lastIndex = this.at;
    const [found] = flowTextPattern.exec(this.text) ?? [];
    if (found === undefined) throw decline;
    const start = this.at;
    this.at += found.length;
    return this.scalar(withoutSpaces(found), start);
  }

  private open(): number {
    this.depth += 1;
    if (this.depth > depthMax) throw decline;
    const start = this.at;
    this.at += 1;
    this.skipSpaces();
    return start;
  }

  private close(mark: string): void {
    this.depth -= 1;
    if (this.text[this.at] !== mark) throw decline;
    this.at += 1;
  }

  private takeComma(): boolean {
    this.skipSpaces();
    if (this.text[this.at] !== ',') return false;
    this.at += 1;
    return true;
  }

  private skipSpaces(): void {
    while (this.text[this.at] === ' ') this.at += 1;
  }
}

/** Only U+0020 is white space at the end of a line; `trimEnd` takes other characters as well. */
export function withoutSpaces(line: string): string {
  let end = line.length;
  while (line[end - 1] === ' ') end -= 1;
  return line.slice(0, end);
}

function resolve(written: string): ScalarNode['value'] {
  const first = written.charCodeAt(0);
  // Digits, signs and dots may begin a number; it is one of the usual looks, or the general reader decides.
  const mayBeNumber = (first >= 43 && first <= 57 && first !== 44 && first !== 47) || first === 126;
  if (!mayBeNumber) return wordValues.has(written) ? (wordValues.get(written) ?? null) : written;
  if (written === '~') return null;
  if (/^-?(?:0|[1-9]\d{0,14})$/.test(written)) return Number(written);
  if (/^-?\d{1,8}\.\d{1,6}$/.test(written)) return Number(written);
  if (/^[-+.]*[\d.][\d.xoa-fA-F_eE+-]*$|^[-+]?\.(?:inf|nan)$/i.test(written)) throw decline;
  return written;
}
