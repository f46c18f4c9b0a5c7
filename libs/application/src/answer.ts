import type { DiagnosticDto } from '#libs/api-contract';
import type { ErrorCode, Rejection } from '#libs/kernel';

/** Why a request is not carried out. The code decides an HTTP status and the usual hint by the kernel's table. */
export interface Refusal extends Rejection<ErrorCode> {
  /** Better advice than that of the code, if the case allows it. */
  readonly hint?: string;
  /** The fields at fault, by JSON pointer. */
  readonly errors?: readonly { readonly pointer: string; readonly detail: string }[];
  readonly diagnostics?: readonly DiagnosticDto[];
  /** When the same request may succeed. */
  readonly retryAfterSeconds?: number;
}

/** What a use case answers. Faults (the world failed) are thrown, never answered. */
export type Answer<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly refusal: Refusal };

export function accepted<Value>(value: Value): Answer<Value> {
  return { ok: true, value };
}

export function refused(refusal: Refusal): { readonly ok: false; readonly refusal: Refusal } {
  return { ok: false, refusal };
}
