/**
 * The file as a tree with places (offsets into the text). Aliases and merges are already resolved: an anchor's
 * node is the same object wherever it is used, so the tree may be a graph without circles.
 */
export type Node = ScalarNode | MapNode | ListNode;

export interface ScalarNode {
  readonly kind: 'scalar';
  /** As YAML 1.2 core reads it. */
  readonly value: string | number | boolean | null;
  /** As it was written, without quotes, escapes resolved: `3.10` stays `3.10`. */
  readonly written: string;
  readonly start: number;
  readonly end: number;
}

export interface MapNode {
  readonly kind: 'map';
  readonly entries: readonly MapEntry[];
  readonly start: number;
}

export interface MapEntry {
  readonly key: ScalarNode;
  readonly value: Node;
}

export interface ListNode {
  readonly kind: 'list';
  readonly items: readonly Node[];
  readonly start: number;
}

export type Path = readonly PropertyKey[];

/** Keys below which scalars are kept as they were written, whatever type YAML gives them. */
const asWrittenKeys = new Set([
  'env',
  'environment',
  'variables',
  'vars',
  'inputs',
  'labels',
  'tags',
  'agents',
  'runs-on',
]);

/**
 * The tree as plain values; maps have no prototype. Nodes that are used several times become one object,
 * which nobody may change.
 */
export function toValue(root: Node): unknown {
  const seen = { typed: new Map(), mixed: new Map(), text: new Map() };
  const convert = (node: Node, kind: ScalarKind): unknown => {
    if (node.kind === 'scalar') return kind === 'text' ? node.written : node.value;
    const known: Map<Node, unknown> = seen[kind];
    const before = known.get(node);
    if (before !== undefined) return before;
    let value: unknown;
    if (node.kind === 'list') {
      value = node.items.map((item) => convert(item, kind));
    } else {
      const record: Record<string, unknown> = Object.create(null);
      for (const { key, value: child } of node.entries)
        record[key.written] = convert(child, kindBelow(key.written, kind, node === root));
      value = record;
    }
    known.set(node, value);
    return value;
  };
  return convert(root, 'mixed');
}

/** `mixed`: text below the keys that want it, typed values elsewhere. */
type ScalarKind = 'typed' | 'mixed' | 'text';

function kindBelow(key: string, kind: ScalarKind, isTop: boolean): ScalarKind {
  // Its `tags` are no labels.
  if (isTop && key === 'source') return 'typed';
  return kind === 'mixed' && asWrittenKeys.has(key) ? 'text' : kind;
}

/** The node at the path, or the nearest one above it. */
export function nodeAt(root: Node, path: Path): Node {
  let node = root;
  for (const part of path) {
    const next = childOf(node, part)?.value;
    if (next === undefined) return node;
    node = next;
  }
  return node;
}

/** Where a finding about the path points: the value, or with `key` the key that leads to it. */
export function offsetAt(root: Node, path: Path, at: 'key' | 'value'): number {
  if (at === 'value' || path.length === 0) return nodeAt(root, path).start;
  const parent = nodeAt(root, path.slice(0, -1));
  const child = childOf(parent, path.at(-1) ?? '');
  return child?.key?.start ?? child?.value.start ?? parent.start;
}

function childOf(node: Node, part: PropertyKey): { key?: ScalarNode; value: Node } | undefined {
  if (node.kind === 'list') {
    const value = node.items[Number(part)];
    return value && { value };
  }
  return node.kind === 'map' ? node.entries.find(({ key }) => key.written === part) : undefined;
}
