import type { ServerResponse } from 'node:http';
import type { Sink } from '../xml/answer';
import type { Transfer } from './transfer';

/** Thrown into an operation's answer once nobody can read it any more. */
export class ClientGone extends Error {}

/** Writes to a response with back-pressure; breaks the connection after `truncateAfter` bytes where that is given. */
export class ResponseSink implements Sink {
  private sentBytes = 0;

  constructor(
    private readonly response: ServerResponse,
    private readonly transfer: Transfer,
    private readonly truncateAfter?: number,
  ) {}

  async write(piece: string | Buffer): Promise<void> {
    if (this.response.destroyed) throw new ClientGone();
    const bytes = typeof piece === 'string' ? Buffer.from(piece) : piece;
    if (this.truncateAfter !== undefined && this.sentBytes + bytes.length > this.truncateAfter)
      return this.breakOff(bytes);
    this.sentBytes += bytes.length;
    if (!this.response.write(bytes)) await drained(this.response);
    await this.transfer.given(bytes.length);
  }

  private async breakOff(bytes: Buffer): Promise<void> {
    const rest = bytes.subarray(0, Math.max(0, (this.truncateAfter ?? 0) - this.sentBytes));
    await new Promise<void>((resolve) => this.response.write(rest, () => resolve()));
    this.response.destroy();
    throw new ClientGone();
  }
}

/** Takes an answer that nobody will read. */
export class NullSink implements Sink {
  async write(): Promise<void> {}
}

async function drained(response: ServerResponse): Promise<void> {
  await new Promise<void>((resolve) => {
    const done = (): void => {
      response.off('drain', done);
      response.off('close', done);
      resolve();
    };
    response.on('drain', done);
    response.on('close', done);
  });
}
