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
  /** Not asked for, because reading broke off before. */
  waiting: Work[];
  /** Why reading broke off again and again, one of `left` may be the reason; or the wait that was asked for while others were read. */
  fault?: Fault;
}

export function nothingLoaded(): LoadedParcel {
  return { sendings: [], failed: [], gone: [], left: [], waiting: [] };
}

/**
 * Reads a parcel's items into memory, at most `memoryBytes` of content whatever the source said of their sizes.
 * What reading leaves out after a fault is asked for again in place, half as many at once each time: a slow source gives fewer, and an item
 * that spoils every read it is part of is found. One that gives no answer by itself is left, and what comes after it waits.
 *
 * @throws Fault of the mailbox; `GaveWay`; the signal's reason
 */
export function loadParcel(
  copy: FolderCopy,
  works: readonly Work[],
  memoryBytes: number,
): Promise<LoadedParcel> {
  return new Reading(copy, works, memoryBytes).load();
}

class Reading {
  private readonly loaded = nothingLoaded();
  private readonly missing: Map<string, Work>;
  /** What the last request was for, and how many the next may be for. */
  private asked: Work[] = [];
  private atOnce: number;
  /** The item that is next, and what had been read and put of the mailbox when it was first asked for in vain. */
  private next?: { work: Work | undefined; reads: number; successes: number };

  constructor(
    private readonly copy: FolderCopy,
    works: readonly Work[],
    /** Bytes that may still be held. */
    private free: number,
  ) {
    this.missing = new Map(works.map((work) => [work.entry.sourceKey, work]));
    this.atOnce = works.length;
  }

  async load(): Promise<LoadedParcel> {
    const { loaded, missing } = this;
    const { pair, signal } = this.copy;
    while (missing.size > 0) {
      const reading = pair.sourceBackOff.repeat(
        signal,
        () => this.ask(),
        () => pair.budget.isWanted,
      );
      const fault = await brokenOff(reading, signal);
      if (fault && this.asked.length > 1) continue;
      this.leave(this.asked);
      if (fault) return { ...loaded, waiting: [...missing.values()], fault };
    }
    return loaded;
  }

  private async ask(): Promise<void> {
    this.asked = [...this.missing.values()].slice(0, this.atOnce);
    const { works, fault } = await askSource(this.copy, this.asked, () => this.measured());
    for (const { entry } of works) this.missing.delete(entry.sourceKey);
    this.loaded.left.push(...works);
    if (fault) this.loaded.fault = fault;
  }

  /** One request; one that is broken off makes those that follow smaller. */
  private async measured(): Promise<Answered[]> {
    const { clock, parcelSize } = this.copy.pair;
    const beganMs = clock.monotonic();
    try {
      return await this.read();
    } catch (fault) {
      const isTooMuch = fault instanceof Fault && fault.kind === 'retryable' && this.asked.length > 1;
      if (isTooMuch) {
        parcelSize.refused(beganMs, clock.monotonic());
        this.atOnce = Math.floor(this.asked.length / 2);
      }
      this.noteNext();
      throw fault;
    }
  }

  private noteNext(): void {
    const { reads, successes } = this.copy.pair;
    const [work] = this.missing.values();
    if (this.next?.work !== work) this.next = { work, reads, successes };
  }

  private async read(): Promise<Answered[]> {
    const { pair, session, format, signal } = this.copy;
    const answered: Answered[] = [];
    const refs = this.asked.map(({ entry: { sourceKey, changeKey } }) => ({ sourceKey, changeKey }));
    if (refs.length === 0) return answered;
    for await (const item of pair.source.readItems(session.document.folderKey, refs, format, signal)) {
      const work = this.missing.get(item.ref.sourceKey);
      if (!work) continue;
      if ('again' in item) {
        answered.push({ work, fault: item.again });
        continue;
      }
      this.free -= await take(item, work, this.free, this.loaded);
      answered.push({ work });
      pair.reads += 1;
      this.missing.delete(item.ref.sourceKey);
    }
    return answered;
  }

  /** Those of these that gave no answer. Where others were read meanwhile, what is put from now on tells that it is the item. */
  private leave(works: readonly Work[]): void {
    const { next } = this;
    for (const work of works) {
      if (!this.missing.delete(work.entry.sourceKey)) continue;
      const isOnly = work === next?.work && this.copy.pair.reads > next.reads;
      this.loaded.left.push(isOnly ? { triedAt: next.successes, ...work } : work);
    }
  }
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
