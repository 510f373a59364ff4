import type { ServerResponse } from 'node:http';
import type { Server } from 'node:https';
import type { Socket } from 'node:net';

/** The TCP connections below TLS, by the client's port: only they can be reset. */
const connections = new Map<string, Socket>();

const keyOf = (socket: Socket): string => `${socket.localPort}/${socket.remoteAddress}/${socket.remotePort}`;

export function rememberConnections(server: Server): void {
  server.on('connection', (socket: Socket) => {
    const key = keyOf(socket);
    connections.set(key, socket);
    socket.once('close', () => connections.delete(key));
  });
}

/** The client sees its connection reset, as when a server or a device between dies. */
export function reset(response: ServerResponse): void {
  const { socket } = response;
  const below = socket && connections.get(keyOf(socket));
  if (below) resetConnection(below);
  response.destroy();
}

/** What is being shut down is closed only: Node 20 cannot reset it, and a process in which that was tried never ends. */
export function resetConnection(socket: Socket): void {
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}
