import type { DomainEvent } from './catalog.ts';
import type { StreamName } from './streams.ts';
import type { TenantId } from './tenant.ts';

/** Who caused an append, and what it belongs to. */
export interface Origin {
  readonly tenant: TenantId;
  /** An `actorSchema`: a subject id, never a name. At most 256 characters. */
  readonly actor: string;
  /** The run, where there is one. */
  readonly correlationId?: string | undefined;
  /** The event (`<log>-<position>`) or command that led here. */
  readonly causationId?: string | undefined;
  /** A uuid. A repeated command id returns the first answer instead of appending again. */
  readonly commandId?: string | undefined;
  /** W3C trace context, version 00. */
  readonly traceparent?: string | undefined;
}

/** An event as it stands in the log and in the API. */
export type RecordedEvent<
  Event extends { readonly type: string; readonly data: unknown } = DomainEvent,
> = Event & {
  /** Dense, gapless, in commit order; the first is 1. */
  readonly position: number;
  /** `<log_id>-<position>`. */
  readonly id: string;
  readonly schemaVersion: number;
  readonly stream: StreamName;
  /** Place in the stream; the first is 1. */
  readonly version: number;
  /** When it was recorded: RFC 3339 UTC with milliseconds, ordered like position. */
  readonly time: string;
  readonly tenant: TenantId;
  readonly actor: string;
  readonly correlationId: string | null;
  readonly causationId: string | null;
  readonly commandId: string | null;
  readonly traceparent: string | null;
};
