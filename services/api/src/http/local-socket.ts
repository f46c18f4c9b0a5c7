import { once } from 'node:events';
import { chmodSync, rmSync } from 'node:fs';
import type { Server } from 'node:http';
import { createServer, type Socket } from 'node:net';
import { Fault } from '#libs/kernel';

// Marks the connection itself, so that nothing that a client sends can set it.
const localSockets = new WeakSet<Socket>();

/** Whether a connection came by the socket in the data directory, which this user alone can reach. */
export function isLocal(socket: Socket): boolean {
  return localSockets.has(socket);
}

/**
 * Lets a running HTTP server listen on a Unix socket as well: connections are handed to it, so that its limits and its end hold
 * for them, too. A socket that an earlier server left is removed: the caller holds the lock of the directory.
 *
 * @returns a function that takes no more connections and removes the socket; open connections end with the HTTP server
 * @throws Fault `data-dir.not-writable`
 */
export async function listenLocally(http: Server, path: string): Promise<() => void> {
  // A client may close its side first, as the HTTP server allows on its own connections.
  const local = createServer({ allowHalfOpen: true }, (socket) => {
    localSockets.add(socket);
    http.emit('connection', socket);
  });
  try {
    rmSync(path, { force: true });
    local.listen(path);
    await once(local, 'listening');
    chmodSync(path, 0o600);
  } catch (cause) {
    local.close();
    throw new Fault(
      'data-dir.not-writable',
      'never',
      `no socket can be made in the data directory (${(cause as NodeJS.ErrnoException).code ?? 'unknown'})`,
      { cause },
    );
  }
  return () => void local.close();
}
