import type { MailboxPair } from './mailbox-pair';
import type { Work } from './works';

export interface ParcelLimits {
  items: number;
  /** Of content as listed, for a parcel of several items. */
  bytes: number;
  /** Of memory; an item that needs more travels alone. */
  memoryBytes: number;
  /** Of memory, for a parcel of several items. */
  togetherBytes: number;
}

/** After this many tries in company an item is sent by itself, so that it spoils no other's. */
const triesInCompany = 2;

/** A parcel is not made of fewer items than this only to give every connection something to do. */
const worthARequest = 10;

/**
 * @param works how many there are to be sent
 * @param requests at how many to both servers at once. Parcels are made so small that there is one for each, and that all of them find
 *   room in memory: else more connections would carry no more
 */
export function parcelLimits(
  { source, target, parcelSize, budget }: Pick<MailboxPair, 'source' | 'target' | 'parcelSize' | 'budget'>,
  works: number,
  requests: number,
): ParcelLimits {
  const [one, other] = [source.capabilities, target.capabilities];
  const most = Math.min(parcelSize.items, one.itemsPerRequest, other.itemsPerRequest);
  return {
    items: Math.max(1, Math.min(most, Math.max(worthARequest, Math.ceil((2 * works) / requests)))),
    bytes: Math.min(parcelSize.bytes, one.bytesPerRequest, other.bytesPerRequest),
    memoryBytes: budget.share,
    togetherBytes: Math.min(budget.share, Math.floor(budget.total / (requests + 2))),
  };
}

/** What an item is taken to need in memory: its size as listed, a third for base64, and something for what surrounds it. */
export function memoryOf(work: Work): number {
  return Math.ceil(work.entry.sizeBytes * 1.4) + 4096;
}

/** Works that travel in one request. One that travels alone is never held in memory. */
export interface Parcel {
  works: Work[];
  alone: boolean;
  memoryBytes: number;
}

/** Cuts works into parcels, in their order, each of one kind of request. */
export function cutParcels(works: readonly Work[], limits: ParcelLimits): Parcel[] {
  const parcels: Parcel[] = [];
  const open = new Map<string, Parcel & { bytes: number }>();
  for (const work of works) {
    const request = requestOf(work);
    const memoryBytes = request === 'flags' ? 0 : memoryOf(work);
    const { sizeBytes } = work.entry;
    const alone = request !== 'flags' && (work.alone || memoryBytes > limits.memoryBytes);
    if (alone || work.apart || work.tries >= triesInCompany) {
      parcels.push({ works: [work], alone, memoryBytes });
      continue;
    }
    const last = open.get(request);
    if (last && last.works.length < limits.items && fits(last, sizeBytes, memoryBytes, limits)) {
      last.works.push(work);
      last.bytes += sizeBytes;
      last.memoryBytes += memoryBytes;
      continue;
    }
    const parcel = { works: [work], alone: false, memoryBytes, bytes: sizeBytes };
    open.set(request, parcel);
    parcels.push(parcel);
  }
  return parcels;
}

function fits(
  parcel: { bytes: number; memoryBytes: number },
  bytes: number,
  memoryBytes: number,
  limits: ParcelLimits,
) {
  return parcel.bytes + bytes <= limits.bytes && parcel.memoryBytes + memoryBytes <= limits.togetherBytes;
}

export type RequestKind = 'put' | 'update' | 'flags';

export function requestOf({ action }: Work): RequestKind {
  return action.kind === 'replace' ? 'put' : action.kind;
}
