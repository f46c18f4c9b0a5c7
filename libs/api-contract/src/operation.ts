import type { z } from 'zod';
import type { ErrorCode } from '#libs/kernel';
import type { Permission } from './permission.ts';

/**
 * What a caller has to show: a permission; the token that was given to the executor `{id}`, and no other; or nothing, not even
 * credentials.
 */
export type Requirement = Permission | 'executor-token' | 'nothing';

/** One route of the public face: the API serves it, the CLI calls it, openapi.json describes it. */
export interface Operation {
  readonly id: string;
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** With `{name}` parameters. */
  readonly path: string;
  readonly tag: string;
  readonly summary: string;
  /** What a client has to know beside the summary: one to five sentences. */
  readonly description?: string;
  readonly requires: Requirement;
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  /** Of its own, by their usual spelling; a request may spell them otherwise. */
  readonly headers?: z.ZodObject;
  readonly body?: z.ZodType;
  /** Of a body that is no JSON: what it may be called; our own client says the first. */
  readonly bodyTypes?: readonly [string, ...string[]];
  /** Of a JSON body; default 64 KiB, what a few fields need. */
  readonly bodyBytesMax?: number;
  readonly takesIdempotencyKey?: boolean;
  /** Codes that it answers beside those that `errorsOf` adds to operations of its kind. */
  readonly errors?: readonly ErrorCode[];
  /** Of a success. */
  readonly status: number;
  /** Further statuses that are no problems, with what each means. */
  readonly otherAnswers?: Readonly<Record<number, string>>;
  readonly response?: z.ZodType;
  /** Default application/json. */
  readonly responseType?: string;
  /** What is answered instead where `Accept` asks for it. */
  readonly textType?: string;
}

/** An operation of the public face: openapi.json describes it. */
export interface PublicOperation extends Operation {
  readonly description: string;
}

/** The checked query of an operation, with defaults. */
export type QueryOf<Op extends { readonly query: z.ZodType }> = z.output<Op['query']>;
