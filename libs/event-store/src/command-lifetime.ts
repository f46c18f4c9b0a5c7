/**
 * How long a command, and the idempotency key that it was made of, is remembered, in milliseconds: a repeat gets the first answer
 * until then, and is a new request afterwards. Clients and forges repeat within hours; a day covers a night.
 */
export const commandLifetimeMs = 24 * 3_600_000;
