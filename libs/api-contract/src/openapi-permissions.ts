import { localPermissions, type Permission, permissions } from './permission.ts';

/** What each permission allows, where its name does not say it all. */
const allowed: Readonly<Record<Permission, string>> = {
  'pipelines:read': 'see registered pipelines, and check a file',
  'pipelines:register': 'register a version of a pipeline',
  'sources:upload': 'upload the files of a run',
  'runs:read': 'see runs and steps, and why steps wait',
  'runs:start': 'start a run, repeat one',
  'runs:cancel': 'cancel a run',
  'runs:use-host':
    'have runs without isolation and with the network of the host, where no setting forbids it; no operation requires it',
  'logs:read': 'read logs of steps, also in the stream of a run',
  'artifacts:read': 'list and download artifacts',
  'queue:read': 'see the steps that wait for an executor',
  'executors:read': 'see executors',
  'executors:drain': 'give an executor no new steps',
  'executors:register': 'register an executor, by a protocol that this document does not describe',
  'events:read': 'read and follow the log of events',
  'projections:read': 'see the read models',
  'projections:rebuild': 'rebuild a read model, or let it skip an event',
  'metrics:read': 'read metrics',
  'server:control': 'drain and stop the server, by operations that this document does not describe',
};

const local = [...localPermissions].map((name) => `\`${name}\``).join(' and ');

/** Who has which permission, in a sentence. */
export const whoMay = `The administrator’s token, DATA_DIR/admin-token, gives every permission but ${local}. Callers of the socket DATA_DIR/api.sock have all of them and need no token. There are no tokens with fewer permissions yet.`;

/** All about permissions, as Markdown. */
export const permissionText = [
  '## Permissions',
  `An operation names the permission that its caller needs in \`x-required-permission\`; one without it is open to everybody. Who lacks the permission gets \`request.forbidden\` (403). ${whoMay}`,
  permissions.map((name) => `- \`${name}\`: ${allowed[name]}`).join('\n'),
].join('\n\n');
