import { Readable } from 'node:stream';
import type { ReadItem } from '../connectors/connector';
import { Fault, type ItemReason } from '../domain/faults';
import { askSource, type Answered } from './ask-source';
import type { FolderCopy } from './folder-copy';
import type { Work } from './works';

/** An item on its way: read, and ready to be sent. */
export interface Sending {
  work: Work;
  /** The version that was read. */
  changeKey: string;
  sizeBytes: number;
  /** Again and again where the content is in memory; once where it is piped. */
  readonly open: () => Readable;
}

export interface LoadedParcel {
  sendings: Sending[];
  /** The source cannot give these. */
  failed: { work: Work; reason: ItemReason }[];
  /** No longer there. */
  gone: Work[];
  /** To be tried again: not answered, or larger than the memory that was set aside. */
  left: Work[];
  /** Why reading broke off again and again, one of `left` may be the reason; or the wait that was asked for while others were read. */
  fault?: Fault;
}

/**
 * Reads a parcel's items into memory, at most `memoryBytes` of content whatever the source said of their sizes.
 * What reading leaves out after a fault is asked for again in place, and then left.
 *
 * @throws Fault of the mailbox; `GaveWay`; the signal's reason
 */
export async function loadParcel(
  copy: FolderCopy,
  works: readonly Work[],
  memoryBytes: number,
): Promise<LoadedParcel> {
  const { pair, session, format, signal } = copy;
  const loaded: LoadedParcel = { sendings: [], failed: [], gone: [], left: [] };
  const missing = new Map(works.map((work) => [work.entry.sourceKey, work]));
  let free = memoryBytes;
  const read = async (): Promise<Answered[]> => {
    const answered: Answered[] = [];
    const refs = [...missing.values()].map(({ entry }) => ({
      sourceKey: entry.sourceKey,
      changeKey: entry.changeKey,
    }));
    if (refs.length === 0) return answered;
    for await (const item of pair.source.readItems(session.document.folderKey, refs, format, signal)) {
      const work = missing.get(item.ref.sourceKey);
      if (!work) continue;
      if ('again' in item) {
        answered.push({ work, fault: item.again });
        continue;
      }
      free -= await take(item, work, free, loaded);
      answered.push({ work });
      missing.delete(item.ref.sourceKey);
    }
    return answered;
  };
  const ask = async (): Promise<void> => {
    const refused = await askSource(copy, [...missing.values()], read);
    loaded.left.push(...refused.works);
    for (const { entry } of refused.works) missing.delete(entry.sourceKey);
    loaded.fault = refused.fault;
  };
  const reading = pair.sourceBackOff.repeat(signal, ask, () => pair.budget.isWanted);
  loaded.fault = (await brokenOff(reading, signal)) ?? loaded.fault;
  loaded.left.push(...missing.values());
  return loaded;
}

/** @returns why reading broke off; rethrows what says more than that */
export async function brokenOff(reading: Promise<unknown>, signal: AbortSignal): Promise<Fault | undefined> {
  try {
    await reading;
    return undefined;
  } catch (fault) {
    signal.throwIfAborted();
    if (!(fault instanceof Fault) || fault.kind !== 'retryable') throw fault;
    return fault;
  }
}

/** @returns the bytes it takes in memory */
async function take(
  item: Exclude<ReadItem, { again: Fault }>,
  work: Work,
  free: number,
  loaded: LoadedParcel,
): Promise<number> {
  if ('failed' in item) loaded.failed.push({ work, reason: item.failed });
  else if ('gone' in item) loaded.gone.push(work);
  else {
    const chunks = await buffered(item.open(), free);
    if (!chunks) {
      loaded.left.push({ ...work, alone: true });
      return 0;
    }
    const sizeBytes = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    const open = () => Readable.from(chunks, { objectMode: false });
    loaded.sendings.push({ work, changeKey: item.changeKey, sizeBytes, open });
    return sizeBytes;
  }
  return 0;
}

/** @returns absent where the stream holds more than `most` bytes; it is destroyed then */
async function buffered(stream: Readable, most: number): Promise<Buffer[] | undefined> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > most) {
      stream.destroy();
      return undefined;
    }
    chunks.push(chunk);
  }
  return chunks;
}
