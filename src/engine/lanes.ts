import { Readable } from 'node:stream';
import { Fault } from '../domain/faults';
import { GaveWay } from './back-off';
import type { FolderCopy } from './folder-copy';
import { loadParcel, nothingLoaded, type LoadedParcel } from './load-parcel';
import { requestOf, type Parcel } from './parcels';
import { add, nothingSent, sendParcel, type Sent } from './send-parcel';
import { sendAlone } from './send-alone';

/** At most so many pieces of work at once; the first failure is kept until all have ended. */
class Lanes {
  private readonly running = new Set<Promise<void>>();
  failure?: { reason: unknown };

  constructor(private readonly most: () => number) {}

  /** Starts `work` once a lane is free. */
  async start(work: () => Promise<void>): Promise<void> {
    while (this.running.size >= Math.max(1, this.most())) await Promise.race(this.running);
    const running = work()
      .catch((reason: unknown) => void (this.failure ??= { reason }))
      .finally(() => this.running.delete(running));
    this.running.add(running);
  }

  async end(): Promise<void> {
    while (this.running.size > 0) await Promise.all(this.running);
  }
}

/**
 * Reads parcels and puts them, as many under way as both servers may be expected to take at once: some are read while others are put.
 * The memory a parcel needs is set aside before it is read and given back when it was put, so that reading waits where putting is slow.
 * After a lost answer, a reading that breaks off, a wait too long, or a failure, no new parcel is begun and the others are awaited.
 *
 * @throws what the first failing parcel threw, after all others have ended
 */
export async function runLanes(copy: FolderCopy, parcels: readonly Parcel[]): Promise<Sent> {
  const { sourceTurns, targetTurns } = copy.pair;
  const sum = nothingSent();
  const lanes = new Lanes(() => sourceTurns.part + targetTurns.part);
  const isOver = () =>
    lanes.failure !== undefined ||
    sum.doubtful.length > 0 ||
    sum.gaveWay === true ||
    sum.tooLong !== undefined;
  for (const parcel of parcels) {
    await lanes.start(async () => {
      if (isOver() || sum.brokenOff) add(sum, leave(parcel));
      else add(sum, await orStopped(parcel, copyParcel(copy, parcel, sum, isOver)));
    });
  }
  await lanes.end();
  if (lanes.failure) throw lanes.failure.reason;
  return sum;
}

function copyParcel(copy: FolderCopy, parcel: Parcel, sum: Sent, isOver: () => boolean): Promise<Sent> {
  return parcel.alone ? sendAlone(copy, parcel) : loadAndSend(copy, parcel, sum, isOver);
}

/**
 * Whoever has to wait for the source holds nothing that others want meanwhile; a wait too long says nothing against what became of the
 * others.
 */
async function orStopped(parcel: Parcel, sending: Promise<Sent>): Promise<Sent> {
  try {
    return await sending;
  } catch (reason) {
    if (reason instanceof GaveWay) return { ...leave(parcel), gaveWay: true };
    if (reason instanceof Fault && reason.kind === 'throttled') return { ...leave(parcel), tooLong: reason };
    throw reason;
  }
}

async function loadAndSend(
  copy: FolderCopy,
  parcel: Parcel,
  sum: Sent,
  isOver: () => boolean,
): Promise<Sent> {
  const { budget } = copy.pair;
  const memoryBytes = Math.min(parcel.memoryBytes, budget.share);
  await budget.take(memoryBytes, copy.signal);
  try {
    if (isOver() || sum.brokenOff) return leave(parcel);
    const loaded = needsNothing(parcel)
      ? unloaded(parcel)
      : await loadParcel(copy, parcel.works, memoryBytes);
    if (loaded.fault && loaded.fault.kind !== 'throttled') sum.brokenOff = true;
    return isOver() ? leave(parcel) : await sendParcel(copy, loaded, true);
  } finally {
    budget.give(memoryBytes);
  }
}

/** Flags travel without content. */
function needsNothing({ works }: Parcel): boolean {
  return works.every((work) => requestOf(work) === 'flags');
}

function unloaded({ works }: Parcel): LoadedParcel {
  const sendings = works.map((work) => ({
    work,
    changeKey: work.entry.changeKey,
    sizeBytes: 0,
    open: () => Readable.from([], { objectMode: false }),
  }));
  return { ...nothingLoaded(), sendings };
}

function leave({ works }: Parcel): Sent {
  return { ...nothingSent(), waiting: [...works] };
}
