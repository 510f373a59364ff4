import { createRequire } from 'node:module';
import type { Socket } from 'node:net';
import { mongo } from 'mongoose';

interface WriteOptions {
  signal?: AbortSignal;
}

/** What the driver keeps to itself of a connection. */
interface DriverConnection {
  socket: Socket;
  onError(error: Error): void;
  writeCommand(command: unknown, options: WriteOptions): Promise<void>;
}

const { Connection } = createRequire(require.resolve('mongoose'))('mongodb/lib/cmap/connection') as {
  Connection: new (socket: Socket, options: object) => DriverConnection;
};

/**
 * A connection of the driver that tells when it is lost while something is written. The driver's own (mongodb 7.9) awaits the
 * socket's `drain` then, which a destroyed socket never emits: whoever asked waits for ever.
 */
export class TellingConnection extends Connection {
  /** @throws MongoNetworkError where the connection is or gets lost; what was asked may have been done only if it was written whole */
  override async writeCommand(command: unknown, options: WriteOptions): Promise<void> {
    const lost = new AbortController();
    const tell = () =>
      lost.abort(new mongo.MongoNetworkError('the connection was lost before all was written'));
    if (this.socket.destroyed) {
      tell();
      this.onError(lost.signal.reason as Error);
      throw lost.signal.reason;
    }
    this.socket.once('close', tell);
    const signal = options.signal ? AbortSignal.any([options.signal, lost.signal]) : lost.signal;
    try {
      await super.writeCommand(command, { ...options, signal });
    } finally {
      this.socket.off('close', tell);
    }
  }
}
