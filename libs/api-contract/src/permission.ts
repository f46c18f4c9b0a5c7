/**
 * What a caller can be allowed to do, `<noun>:<verb>`. Closed: an operation that needs another one adds it here, and names it
 * as its `requires`.
 *
 * Who has them: the administrator, all by the socket in the data directory, and with the token, over a network, all but
 * `localPermissions`. A caller of another tenant has none of `serverPermissions` either.
 */
export const permissions = [
  'pipelines:read',
  'pipelines:register',
  'sources:upload',
  'runs:read',
  'runs:start',
  'runs:cancel',
  /** Its runs may have no isolation and the host's network, if no setting says otherwise. */
  'runs:use-host',
  /** Also the lines of logs in the stream of a run. */
  'logs:read',
  'artifacts:read',
  'queue:read',
  'executors:read',
  'executors:drain',
  'executors:register',
  'events:read',
  'projections:read',
  'projections:rebuild',
  'metrics:read',
  /** Begin to work, drain, stop. */
  'server:control',
] as const;
export type Permission = (typeof permissions)[number];
export type Permissions = ReadonlySet<Permission>;

/** With these a caller could do the same as a user of the server's machine: nobody has them over a network. */
export const localPermissions: Permissions = new Set<Permission>([
  'runs:use-host',
  'server:control',
]);

/** What they allow reaches beyond a tenant, so that only callers of the server's own tenant have them. */
export const serverPermissions: Permissions = new Set<Permission>([
  'executors:register',
  'projections:read',
  'projections:rebuild',
  'metrics:read',
  'server:control',
]);

export const allPermissions: Permissions = new Set(permissions);

/** What is left of a caller's permissions over a network. */
export const remotePermissions: Permissions = new Set(
  permissions.filter((permission) => !localPermissions.has(permission)),
);
