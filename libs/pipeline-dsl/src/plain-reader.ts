import { limits } from './limits.ts';
import { decline, PlainValues, withoutSpaces } from './plain-values.ts';
import type { ListNode, MapEntry, MapNode, Node, ScalarNode } from './tree.ts';

/**
 * Reads the files that nearly everybody writes, about ten times as fast as the general reader: block maps and
 * lists, simple keys, scalars and flow collections of one line, literal blocks, comments. It declines whatever
 * else it meets, well-formed or not, and the general reader takes the file. Where it answers, its tree is exactly
 * the general reader's: a property test compares them.
 *
 * @returns undefined where it declines
 */
export function readPlainTree(text: string): Node | undefined {
  // Tabs, carriage returns, other line ends and marks of documents take care that is not worth its time here.
  if (/[\t\r\u0085\u2028\u2029\ufeff]|^(?:---|\.\.\.|%)/m.test(text)) return undefined;
  try {
    return new PlainReader(text).readFile();
  } catch (error) {
    if (error === decline) return undefined;
    throw error;
  }
}

const depthMax = 20;
const keyPattern = /([A-Za-z_][\w./-]*):(?: +|(?=\n)|$)/y;

class PlainReader {
  private readonly text: string;
  private readonly values: PlainValues;
  /** Where the next unread line starts. */
  private next = 0;
  /** The line that `look` found: its first character that is no space, its indent, its end. */
  private at = 0;
  private indent = 0;
  private end = 0;
  private nodes = 0;
  private depth = 0;

  constructor(text: string) {
    this.text = text;
    this.values = new PlainValues(text);
  }

  readFile(): Node {
    if (!this.look() || this.indent !== 0 || this.isDash()) throw decline;
    const root = this.readMap(0, this.at);
    if (this.look()) throw decline;
    return root;
  }

  /** Finds the next line with content; twice in a row finds the same. */
  private look(): boolean {
    const { text } = this;
    while (this.next < text.length) {
      const newline = text.indexOf('\n', this.next);
      this.end = newline < 0 ? text.length : newline;
      this.at = this.next;
      while (text[this.at] === ' ') this.at += 1;
      if (this.at < this.end && text[this.at] !== '#') {
        this.indent = this.at - this.next;
        return true;
      }
      this.next = this.end + 1;
    }
    return false;
  }

  private takeLine(): void {
    this.next = this.end + 1;
  }

  private isDash(): boolean {
    const after = this.text[this.at + 1];
    return this.text[this.at] === '-' && (after === ' ' || after === '\n' || after === undefined);
  }

  private readMap(indent: number, start: number): MapNode {
    this.enter();
    const entries: MapEntry[] = [];
    const names = new Set<string>();
    for (let at = start; ; at = this.at) {
      keyPattern.lastIndex = at;
      const [, name] = keyPattern.exec(this.text) ?? [];
      if (name === undefined || names.has(name) || name === '__proto__') throw decline;
      names.add(name);
      const valueAt = keyPattern.lastIndex;
      const key = this.values.scalar(name, at);
      entries.push({ key, value: this.readValue(valueAt, indent, true) });
      if (!this.look() || this.indent < indent) break;
      if (this.indent > indent) throw decline;
    }
    this.depth -= 1;
    return { kind: 'map', entries, start };
  }

  private readList(indent: number): ListNode {
    this.enter();
    const start = this.at;
    const items: Node[] = [];
    do {
      let at = this.at + 1;
      while (this.text[at] === ' ') at += 1;
      keyPattern.lastIndex = at;
      const isMap = keyPattern.test(this.text);
      items.push(isMap ? this.readMap(at - this.next, at) : this.readValue(at, indent, false));
      if (!this.look() || this.indent < indent) break;
      if (this.indent > indent) throw decline;
    } while (this.isDash());
    this.depth -= 1;
    return { kind: 'list', items, start };
  }

  /** What stands behind a key or a dash of a collection with the indent, on its line or on those below. */
  private readValue(at: number, indent: number, isInMap: boolean): Node {
    this.nodes += 1;
    if (at >= this.end || this.text[at] === '#') return this.readBelow(indent, isInMap);
    if (this.text[at] === '|') return this.readLiteral(at, indent);
    const value = this.values.read(at, this.end);
    this.takeLine();
    return value;
  }

  private readBelow(indent: number, isInMap: boolean): Node {
    this.takeLine();
    // A key with nothing below has the value null, whose place is the general reader's matter.
    if (!this.look()) throw decline;
    if (this.indent > indent) {
      return this.isDash() ? this.readList(this.indent) : this.readMap(this.indent, this.at);
    }
    if (isInMap && this.indent === indent && this.isDash()) return this.readList(indent);
    throw decline;
  }

  /** `|`, `|-` or `|+`: the lines below that are indented deeper, as they are. */
  private readLiteral(start: number, parentIndent: number): ScalarNode {
    const { text } = this;
    const header = withoutSpaces(text.slice(start, this.end));
    if (header !== '|' && header !== '|-' && header !== '|+') throw decline;
    this.takeLine();
    const lines: string[] = [];
    let indent = 0;
    let contentLines = 0;
    let end = start;
    for (; this.next < text.length; ) {
      const newline = text.indexOf('\n', this.next);
      if (newline < 0) throw decline;
      let at = this.next;
      while (text[at] === ' ') at += 1;
      const lineIndent = at - this.next;
      if (at === newline) {
        // White space that is longer than the indent is content, before the first line an error.
        if (lineIndent > 0) throw decline;
        lines.push('');
      } else {
        if (indent === 0) indent = lineIndent;
        if (lineIndent <= parentIndent || indent <= parentIndent) break;
        if (lineIndent < indent) throw decline;
        lines.push(text.slice(this.next + indent, newline));
        contentLines = lines.length;
        end = newline + 1;
      }
      this.next = newline + 1;
    }
    if (contentLines === 0) throw decline;
    // What follows the content belongs to it only with `+`; its end is a matter of the general reader.
    if (header === '|+' && contentLines < lines.length) throw decline;
    const body = lines.slice(0, contentLines).join('\n');
    const written = header === '|-' ? body : `${body}\n`;
    return { kind: 'scalar', value: written, written, start, end };
  }

  private enter(): void {
    this.depth += 1;
    if (this.depth > depthMax || this.nodes > limits.nodesMax / 4) throw decline;
  }
}
