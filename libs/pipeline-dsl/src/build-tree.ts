import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Scalar,
  type YAMLMap,
} from 'yaml';
import { limits } from './limits.ts';
import { type Problem, ReadStop } from './problem.ts';
import type { MapEntry, MapNode, Node, ScalarNode } from './tree.ts';

/**
 * The library's document as our tree. Aliases are resolved by sharing, and what they expand to is counted, so a
 * bomb costs nothing. Depth was checked on the tokens, so recursion is safe.
 */
export function buildTree(
  document: Document.Parsed,
):
  | { readonly ok: true; readonly root: Node }
  | { readonly ok: false; readonly problems: readonly Problem[] } {
  const builder = new TreeBuilder();
  const root = builder.build(document.contents);
  if (builder.problems.length > 0) return { ok: false, problems: builder.problems };
  return { ok: true, root };
}

const coreTags = new Set(
  ['str', 'int', 'float', 'bool', 'null', 'map', 'seq'].map((name) => `tag:yaml.org,2002:${name}`),
);

class TreeBuilder {
  readonly problems: Problem[] = [];
  /** Anchors seen so far; undefined while the node is still being built. */
  private readonly anchors = new Map<string, Node | undefined>();
  /** How many nodes one stands for, with its aliases replaced. */
  private readonly weights = new Map<Node, number>();
  private aliases = 0;
  /** Nodes of the file so far, aliases replaced. */
  private expanded = 0;

  build(node: unknown): Node {
    if (isAlias(node)) return this.resolve(node);
    const anchor = isScalar(node) || isMap(node) || isSeq(node) ? node.anchor : undefined;
    if (anchor !== undefined) this.anchors.set(anchor, undefined);
    this.checkTag(node);
    const before = this.expanded;
    const built = this.buildPlain(node);
    this.count(1, built.start);
    if (anchor !== undefined) {
      this.anchors.set(anchor, built);
      this.weights.set(built, this.expanded - before);
    }
    return built;
  }

  private checkTag(node: unknown): void {
    if (!(isScalar(node) || isMap(node) || isSeq(node)) || node.tag === undefined) return;
    if (coreTags.has(node.tag)) return;
    const message = `unknown tag ${JSON.stringify(node.tag.slice(0, 60))}`;
    this.problems.push({ code: 'yaml.tag', offset: startOf(node), message });
  }

  private buildPlain(node: unknown): Node {
    if (isMap(node)) return this.buildMap(node);
    if (isSeq(node)) {
      const items = node.items.map((item) => this.build(item));
      return { kind: 'list', items, start: startOf(node) };
    }
    if (isScalar(node)) return this.buildScalar(node);
    return { kind: 'scalar', value: null, written: '', start: 0, end: 0 };
  }

  private buildScalar(node: Scalar): ScalarNode {
    const { value } = node;
    const [start, end] = node.range ?? [0, 0];
    const written = typeof node.source === 'string' ? node.source : String(value ?? '');
    if (written.includes('\0') || !written.isWellFormed()) {
      const message = 'the text holds NUL or half a character';
      this.problems.push({ code: 'yaml.control-character', offset: start, message });
    }
    const isPlainValue = typeof value === 'number' || typeof value === 'boolean' || value === null;
    return { kind: 'scalar', value: isPlainValue ? value : written, written, start, end };
  }

  private buildMap(node: YAMLMap): MapNode {
    const start = startOf(node);
    const own = new Map<string, MapEntry>();
    const merged = new Map<string, MapEntry>();
    for (const { key: keyNode, value: valueNode } of node.items) {
      const key = this.build(keyNode);
      if (key.kind !== 'scalar') {
        const message = 'a key must be text, not a list or a map';
        this.problems.push({ code: 'yaml.key', offset: key.start, message });
        continue;
      }
      const value = valueNode === null ? emptyAfter(key) : this.build(valueNode);
      if (key.written === '<<' && isScalar(keyNode) && keyNode.type === Scalar.PLAIN) {
        this.merge(merged, value);
        continue;
      }
      this.checkKey(key, own);
      if (!own.has(key.written)) own.set(key.written, { key, value });
    }
    for (const [name, entry] of merged) if (!own.has(name)) own.set(name, entry);
    return { kind: 'map', entries: [...own.values()], start };
  }

  private checkKey(key: ScalarNode, own: ReadonlyMap<string, MapEntry>): void {
    const name = key.written;
    if (name === '__proto__') {
      const message = 'the key "__proto__" is not allowed';
      this.problems.push({ code: 'schema.reserved-key', offset: key.start, message });
    } else if (own.has(name)) {
      const message = `the key ${JSON.stringify(name.slice(0, 100))} stands twice in this map`;
      this.problems.push({ code: 'yaml.duplicate-key', offset: key.start, message });
    }
  }

  /** Earlier maps win over later ones, as the merge key's definition says. */
  private merge(into: Map<string, MapEntry>, value: Node): void {
    const maps = value.kind === 'list' ? value.items : [value];
    for (const map of maps) {
      if (map.kind !== 'map') {
        const message = '"<<" takes a map or a list of maps';
        this.problems.push({ code: 'yaml.merge', offset: map.start, message });
        continue;
      }
      this.count(map.entries.length, map.start);
      for (const entry of map.entries) {
        if (!into.has(entry.key.written)) into.set(entry.key.written, entry);
      }
    }
  }

  private resolve(alias: Alias): Node {
    const offset = alias.range?.[0] ?? 0;
    const name = alias.source;
    this.aliases += 1;
    if (this.aliases > limits.aliasesMax) {
      const message = `the file uses anchors more than ${limits.aliasesMax} times`;
      throw new ReadStop({ code: 'limit.aliases', offset, message });
    }
    const target = this.anchors.get(name);
    if (target) {
      this.count(this.weights.get(target) ?? 1, offset);
      return target;
    }
    if (this.anchors.has(name)) {
      const message = `the alias *${name} stands inside what it names`;
      throw new ReadStop({ code: 'yaml.recursive-alias', offset, message });
    }
    const message = `no anchor &${name} is defined above`;
    throw new ReadStop({ code: 'yaml.unknown-anchor', offset, message });
  }

  private count(nodes: number, offset: number): void {
    this.expanded += nodes;
    if (this.expanded <= limits.expandedNodesMax) return;
    const message = `with aliases replaced the file holds more than ${limits.expandedNodesMax} values`;
    throw new ReadStop({ code: 'limit.expansion', offset, message });
  }
}

function startOf(node: { readonly range?: readonly number[] | null | undefined }): number {
  return node.range?.[0] ?? 0;
}

function emptyAfter(key: ScalarNode): ScalarNode {
  return { kind: 'scalar', value: null, written: '', start: key.end, end: key.end };
}
