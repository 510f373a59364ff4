import type { IncomingMessage } from 'node:http';
import type { Spool } from '../content/spool';
import type { Element } from '../xml/element';
import { spoolsIn } from '../xml/element';
import { MalformedRequest, RequestReader } from '../xml/read-request';
import type { Transfer } from './transfer';

export class TooLarge extends Error {}

/** The client went away before its request was complete. */
export class Aborted extends Error {}

export interface ReadRequest {
  readonly envelope: Element;
  readonly sizeBytes: number;
}

/**
 * Reads a request while it arrives. Big contents are on disk when it returns.
 * @throws TooLarge as soon as more than the limit was announced or came; MalformedRequest; Aborted
 */
export async function readBody(
  request: IncomingMessage,
  limitBytes: number,
  newSpool: () => Spool,
  transfer: Transfer,
): Promise<ReadRequest> {
  if (Number(request.headers['content-length'] ?? 0) > limitBytes) throw new TooLarge();
  const reader = new RequestReader(newSpool);
  let sizeBytes = 0;
  let malformed: MalformedRequest | undefined;
  try {
    // A request that is refused in its middle must stay open, so that the refusal can be read.
    for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      sizeBytes += chunk.length;
      if (sizeBytes > limitBytes) throw new TooLarge();
      if (!malformed) malformed = attempt(() => reader.write(chunk));
      await transfer.taken(chunk.length);
    }
    if (malformed) throw malformed;
    return { envelope: reader.end(), sizeBytes };
  } catch (error) {
    if (reader.tree) for (const spool of spoolsIn(reader.tree)) spool.discard();
    if (error instanceof TooLarge || error instanceof MalformedRequest) throw error;
    throw new Aborted();
  }
}

/** A malformed request is read to its end before it is refused, so that the client hears why. */
function attempt(work: () => void): MalformedRequest | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    if (error instanceof MalformedRequest) return error;
    throw error;
  }
}
