import { Readable } from 'node:stream';
import type { FolderCopy } from './folder-copy';
import { loadParcel, type LoadedParcel } from './load-parcel';
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
 * Reads parcels one after the other and puts them, a few at once: the next is read while those before it are put.
 * The memory a parcel needs is set aside before it is read and given back when it was put, so that reading waits where putting is slow.
 * After a lost answer, a reading that breaks off, or a failure, no new parcel is begun and the others are awaited.
 *
 * @throws what the first failing parcel threw, after all others have ended
 */
export async function runLanes(copy: FolderCopy, parcels: readonly Parcel[]): Promise<Sent> {
  const { pair } = copy;
  const sum = nothingSent();
  const lanes = new Lanes(() => pair.width.requests);
  const stopped = () => lanes.failure !== undefined || sum.doubtful.length > 0;
  for (const parcel of parcels) {
    if (stopped() || sum.brokenOff) sum.waiting.push(...parcel.works);
    else if (parcel.alone)
      await lanes.start(async () => {
        const isOver = stopped() || sum.brokenOff;
        add(sum, isOver ? leave(parcel) : await sendAlone(copy, parcel));
      });
    else await loadAndSend(copy, parcel, lanes, sum, stopped);
  }
  await lanes.end();
  if (lanes.failure) throw lanes.failure.reason;
  return sum;
}

async function loadAndSend(
  copy: FolderCopy,
  parcel: Parcel,
  lanes: Lanes,
  sum: Sent,
  stopped: () => boolean,
) {
  const { budget } = copy.pair;
  const memoryBytes = Math.min(parcel.memoryBytes, budget.share);
  let given = false;
  const give = () => {
    if (!given) budget.give(memoryBytes);
    given = true;
  };
  try {
    await budget.take(memoryBytes, copy.signal);
  } catch (reason) {
    lanes.failure ??= { reason };
    return;
  }
  try {
    const loaded = needsNothing(parcel)
      ? unloaded(parcel)
      : await loadParcel(copy, parcel.works, memoryBytes);
    if (loaded.fault) sum.brokenOff = true;
    await lanes.start(async () => {
      try {
        add(sum, stopped() ? leave(parcel) : await sendParcel(copy, loaded, true));
      } finally {
        give();
      }
    });
  } catch (reason) {
    give();
    lanes.failure ??= { reason };
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
  return { sendings, failed: [], gone: [], left: [] };
}

function leave({ works }: Parcel): Sent {
  return { ...nothingSent(), waiting: [...works] };
}
