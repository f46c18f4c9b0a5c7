import type { z } from 'zod';
import type { ErrorCode } from '#libs/kernel';
import type { Permission } from './permission.ts';

/**
 * What a caller needs: a permission, the token of the executor `{id}`, or nothing, in which case no credentials are asked for.
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
  /** The request headers that it reads, in their usual spelling; header names ignore case. */
  readonly headers?: z.ZodObject;
  readonly body?: z.ZodType;
  /** The content types of a body that is not JSON; `libs/api-client` sends the first. */
  readonly bodyTypes?: readonly [string, ...string[]];
  /** The most bytes of a JSON body. Default: 64 KiB, enough for a few fields. */
  readonly bodyBytesMax?: number;
  readonly takesIdempotencyKey?: boolean;
  /** Codes that it answers beside those that `errorsOf` adds to operations of its kind. */
  readonly errors?: readonly ErrorCode[];
  /** The status of a success. */
  readonly status: number;
  /** Further statuses without a problem document, with what each means. */
  readonly otherAnswers?: Readonly<Record<number, string>>;
  readonly response?: z.ZodType;
  /** The content type of the answer. Default: application/json. */
  readonly responseType?: string;
  /** Another content type, which the `Accept` of the request can ask for. */
  readonly textType?: string;
}

/** An operation of the public face: openapi.json describes it. */
export interface PublicOperation extends Operation {
  readonly description: string;
}

/** The checked query of an operation, with defaults. */
export type QueryOf<Op extends { readonly query: z.ZodType }> = z.output<Op['query']>;
