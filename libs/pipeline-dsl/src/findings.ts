import type { DiagnosticCode } from './diagnostic-catalog.ts';
import { severityOf } from './diagnostic-catalog.ts';
import type { Problem } from './problem.ts';
import { type ReferenceProblem, referenceOffset } from './references.ts';
import { type Node, nodeAt, offsetAt, type Path } from './tree.ts';

interface Where {
  readonly path: Path;
  /** Point at the value (default) or at its key. */
  readonly at?: 'key' | 'value';
}

/** Collects what the semantic checks find; a place is looked up only when something is found. */
export class Findings {
  problems: Problem[] = [];
  private readonly root: Node;
  private readonly text: string;

  constructor(root: Node, text: string) {
    this.root = root;
    this.text = text;
  }

  get hasErrors(): boolean {
    return this.problems.some(({ code }) => severityOf(code) === 'error');
  }

  add(code: DiagnosticCode, where: Where, message: string, hint?: string): void {
    const offset = offsetAt(this.root, where.path, where.at ?? 'value');
    this.problems.push(
      hint === undefined ? { code, offset, message } : { code, offset, message, hint },
    );
  }

  /** About one `${{ }}` inside the text at the path. */
  addReference(path: Path, { code, message, hint, reference }: ReferenceProblem): void {
    const node = nodeAt(this.root, path);
    const offset =
      node.kind === 'scalar' ? referenceOffset(this.text, node, reference) : node.start;
    this.problems.push(
      hint === undefined ? { code, offset, message } : { code, offset, message, hint },
    );
  }

  /** About the n-th (from 0) of the same marks inside the text at the path. */
  addMark(
    code: DiagnosticCode,
    path: Path,
    { mark, before }: { readonly mark: string; readonly before: number },
    [message, hint]: readonly [string, string],
  ): void {
    const node = nodeAt(this.root, path);
    const offset =
      node.kind === 'scalar' ? referenceOffset(this.text, node, before, mark) : node.start;
    this.problems.push({ code, offset, message, hint });
  }

  /** Takes back what another finding says better. */
  drop(code: DiagnosticCode): void {
    this.problems = this.problems.filter((problem) => problem.code !== code);
  }

  isList(path: Path): boolean {
    return nodeAt(this.root, path).kind === 'list';
  }

  /** Whether nothing at all stands behind the key (`KEY:`), which is not the same as empty text. */
  isBlank(path: Path): boolean {
    const node = nodeAt(this.root, path);
    return node.kind === 'scalar' && node.value === null && node.written === '';
  }
}
