/** The result of one check of `doctor`. */
export interface Finding {
  readonly check: string;
  readonly state: 'ok' | 'note' | 'problem';
  readonly detail: string;
  /** What helps, in one sentence. */
  readonly cure?: string | undefined;
}
