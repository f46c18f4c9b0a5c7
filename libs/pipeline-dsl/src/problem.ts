import type { DiagnosticCode } from './diagnostic-catalog.ts';

/** A finding at a place of the text; it becomes a Diagnostic when it leaves this room. */
export interface Problem {
  readonly code: DiagnosticCode;
  /** UTF-16 offset into the text. */
  readonly offset: number;
  /** One sentence without a full stop. */
  readonly message: string;
  /** What to do about it. */
  readonly hint?: string;
}

/** Thrown inside the reader only, where going on makes no sense; never leaves `readTree`. */
export class ReadStop extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.message);
    this.problem = problem;
  }
}
