/**
 * The server's settings as command line arguments: they override every file and are visible in
 * `ps`. Durability stays on. The other settings keep an idle server small: one log, one writer, short queries.
 */
export function serverArguments(
  clusterDir: string,
  socketDir: string,
  overrides: Readonly<Record<string, string>> = {},
): readonly string[] {
  const settings: Record<string, string> = {
    // The only way in is a socket in a 0700 folder.
    listen_addresses: '',
    unix_socket_directories: socketDir,
    unix_socket_permissions: '0700',
    max_connections: '40',
    fsync: 'on',
    synchronous_commit: 'on',
    full_page_writes: 'on',
    shared_buffers: '32MB',
    wal_buffers: '4MB',
    max_wal_size: '512MB',
    min_wal_size: '64MB',
    checkpoint_timeout: '10min',
    // With one writer, three I/O workers would be idle.
    io_method: 'sync',
    max_worker_processes: '2',
    max_parallel_workers: '0',
    max_parallel_workers_per_gather: '0',
    max_logical_replication_workers: '0',
    autovacuum_max_workers: '1',
    autovacuum_worker_slots: '1',
    huge_pages: 'off',
    jit: 'off',
    random_page_cost: '1.1',
    timezone: 'UTC',
    log_timezone: 'UTC',
    log_line_prefix: '%m [%p] ',
    log_min_messages: 'warning',
    // The values of failed statements may be secrets.
    log_min_error_statement: 'panic',
    log_parameter_max_length_on_error: '0',
    log_checkpoints: 'off',
    ...overrides,
  };
  return [
    '-D',
    clusterDir,
    ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ];
}

/** The superuser of the embedded server, which owns every table. */
export const ownerRole = 'millrace';
/** The role of Millrace's processes. Migrations say what it may do. */
export const applicationRole = 'millrace_app';
/** The database that initdb makes. One cluster has one log. */
export const databaseName = 'postgres';
/** A part of the socket's file name; no TCP port is opened. */
export const socketPort = 5432;
