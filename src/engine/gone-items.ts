import type { TargetRef } from '../connectors/connector';
import type { FolderDocument, KnownEntry, PairDocument } from './ledger';
import { newestEntries, sliceOf, type EntriesFrom } from './newest-entries';
import { keyOf } from './verify-folder';
import { onceGone } from './works';

/** Most items that went held in memory at once: more are dealt with in several slices of their move keys' hashes. */
const goneAtOnce = 20_000;
const keysPerLookUp = 100;

/** An item that the source no longer has while the target still holds it. */
export interface GoneItem {
  folderKey: string;
  entry: KnownEntry;
  target: TargetRef;
}

/** What became of items that went. */
export interface Verdicts {
  /** Came up under a new key, and its copy is in the target. */
  moved: GoneItem[];
  /**
   * Came up under a new key whose copy is still to be made, or lay in a folder that the filter leaves out by now, where it may be back:
   * judged again in the next pass.
   */
  open: GoneItem[];
  /** Came up under a new key that the filter leaves out: not deleted. */
  leftOut: GoneItem[];
  /** Nowhere else. */
  deleted: GoneItem[];
}

/** What the ledger says of the items that went, and came, since `followGone` last judged. */
export class GoneItems {
  constructor(
    private readonly from: EntriesFrom,
    private readonly pair: PairDocument,
    private readonly folders: readonly FolderDocument[],
  ) {}

  /** How many went. */
  async count(): Promise<number> {
    let gone = 0;
    for (const folder of this.withGone()) {
      for await (const { entries } of this.stream(folder)) gone += entries.filter(isGone).length;
    }
    return gone;
  }

  /** How many items of ours the target holds, without those whose going was judged before. */
  async known(signal: AbortSignal): Promise<number> {
    let known = 0;
    for (const folder of this.folders) {
      for await (const entry of newestEntries(this.from, folder, signal)) {
        const { kind } = entry.outcome;
        if (kind === 'copied' && !(isGone(entry) && entry.seq <= this.judged(folder))) known += 1;
      }
    }
    return known;
  }

  /** @param count of `count`, which says into how many parts they are cut */
  async *verdicts(count: number): AsyncGenerator<Verdicts> {
    const slices = Math.max(1, Math.ceil(count / goneAtOnce));
    const unseen = this.folders.filter(({ plan }) => plan.leftOut && !plan.gone);
    const keys = new Set(unseen.map(({ folderKey }) => folderKey));
    for (let slice = 0; slice < slices; slice += 1) {
      const gone = await this.goneOf((entry) => sliceOf(traceOf(entry), slices) === slice);
      const verdicts = await this.judge(gone.filter(({ folderKey }) => !keys.has(folderKey)));
      verdicts.open.push(...gone.filter(({ folderKey }) => keys.has(folderKey)));
      yield verdicts;
    }
  }

  private judged({ plan }: FolderDocument): number {
    return this.pair.judged?.[plan.position] ?? 0;
  }

  private withGone(): FolderDocument[] {
    return this.folders.filter((folder) => (folder.goneSeq ?? 0) > this.judged(folder));
  }

  private stream(folder: FolderDocument) {
    return this.from.ledger.stream(folder, this.judged(folder));
  }

  private async goneOf(isMine: (entry: KnownEntry) => boolean): Promise<GoneItem[]> {
    const gone: GoneItem[] = [];
    for (const folder of this.withGone()) {
      const ofFolder = new Map<string, GoneItem>();
      for await (const { parcelId, seq, adopted, entries } of this.stream(folder)) {
        for (const each of entries) {
          const entry = { ...each, parcelId, seq, adopted };
          ofFolder.delete(entry.sourceKey);
          const { outcome } = entry;
          if (outcome.kind !== 'copied' || !outcome.sourceGone || !isMine(entry)) continue;
          const { targetId, targetChangeKey } = outcome;
          const target = { targetId, targetChangeKey };
          ofFolder.set(entry.sourceKey, { folderKey: folder.folderKey, entry, target });
        }
      }
      gone.push(...ofFolder.values());
    }
    return gone;
  }

  /**
   * One to one: each that came accounts for one that went, and none for itself. What came and went on since is both; being the newer
   * version, it is the last to be accounted for. Of several such none of which is at the source any more nobody knows which was the last,
   * and none is taken for moved.
   */
  private async judge(gone: readonly GoneItem[]): Promise<Verdicts> {
    const wanted = new Set(gone.flatMap(({ entry }) => entry.moveKey ?? []));
    const passedBy = new Set<string>();
    const come =
      wanted.size === 0
        ? new Map<string, Arrivals>()
        : await this.arrivals(wanted, (key) => passedBy.add(key));
    const isOlder = ({ folderKey, entry }: GoneItem) => !passedBy.has(keyOf(folderKey, entry.sourceKey));
    const older = gone.filter(isOlder);
    const wentBefore = new Map<string | undefined, number>();
    for (const { entry } of older) wentBefore.set(entry.moveKey, (wentBefore.get(entry.moveKey) ?? 0) + 1);
    for (const [moveKey, arrivals] of come)
      if (!arrivals.present) arrivals.copied = Math.min(arrivals.copied, wentBefore.get(moveKey) ?? 0);
    const verdicts: Verdicts = { moved: [], open: [], leftOut: [], deleted: [] };
    for (const item of [...older, ...gone.filter((one) => !isOlder(one))]) {
      const arrivals = come.get(item.entry.moveKey ?? '');
      if (arrivals && arrivals.copied > 0) {
        arrivals.copied -= 1;
        verdicts.moved.push(item);
      } else if (arrivals && arrivals.uncopied > 0) {
        arrivals.uncopied -= 1;
        verdicts.open.push(item);
      } else if (arrivals && arrivals.leftOut > 0) {
        arrivals.leftOut -= 1;
        verdicts.leftOut.push(item);
      } else verdicts.deleted.push(item);
    }
    return verdicts;
  }

  /**
   * What came since, by move key, without what those that went before account for.
   *
   * @param onCame told of each that may have come to the target since, whatever became of it
   */
  private async arrivals(
    wanted: ReadonlySet<string>,
    onCame: (key: string) => void,
  ): Promise<Map<string, Arrivals>> {
    const come = new Map<string, Arrivals>(
      [...wanted].map((moveKey) => [moveKey, { copied: 0, present: false, uncopied: 0, leftOut: 0 }]),
    );
    for (const folder of this.folders) {
      for await (const { newest, first } of this.candidates(folder, wanted)) {
        const arrivals = come.get(newest.moveKey ?? '');
        if (!arrivals) continue;
        const { outcome } = newest;
        const isNew = newest.seq > this.judged(folder);
        if (isNew && outcome.kind === 'removed' && outcome.moved) arrivals.copied -= 1;
        if (first && first.seq <= this.judged(folder)) continue;
        if (first) onCame(keyOf(folder.folderKey, newest.sourceKey));
        // Of what was found by its stamp nobody knows when it came.
        if (first && isFound(first)) continue;
        if (first && isInTarget(newest)) {
          arrivals.copied += 1;
          arrivals.present ||= onceGone(newest) !== undefined;
        } else if (outcome.kind === 'filtered') arrivals.leftOut += 1;
        else if (outcome.kind !== 'removed') arrivals.uncopied += 1;
      }
    }
    return come;
  }

  /**
   * The newest entry of each item of a folder with one of these move keys, and the first that says it copied: what a filter leaves out
   * still does so long after it was last judged.
   */
  private async *candidates(
    folder: FolderDocument,
    wanted: ReadonlySet<string>,
  ): AsyncGenerator<{ newest: KnownEntry; first?: KnownEntry }> {
    const candidates = new Map<string, KnownEntry>();
    for await (const { parcelId, seq, adopted, entries } of this.from.ledger.stream(folder)) {
      for (const entry of entries) {
        if (entry.moveKey === undefined || !wanted.has(entry.moveKey)) continue;
        candidates.set(entry.sourceKey, { ...entry, parcelId, seq, adopted });
      }
    }
    const all = [...candidates.values()];
    for (let at = 0; at < all.length; at += keysPerLookUp) {
      const part = all.slice(at, at + keysPerLookUp);
      const known = await this.from.ledger.lookUp(
        folder,
        part.map(({ sourceKey }) => sourceKey),
      );
      for (const newest of part) {
        const first = known.get(newest.sourceKey)?.find(({ outcome }) => outcome.kind === 'copied');
        yield { newest, ...(first && { first }) };
      }
    }
  }
}

interface Arrivals {
  /** In the target, or there until they went on. */
  copied: number;
  /** Whether one of those is at the source still. */
  present: boolean;
  /** Still to be copied. */
  uncopied: number;
  leftOut: number;
}

/** What items are told apart by that may be one. */
function traceOf({ moveKey, sourceKey }: KnownEntry): string {
  return moveKey ?? sourceKey;
}

/** Whether the target has it, or had it until it went on or was deleted, whatever its user did to it there. */
function isInTarget({ outcome }: KnownEntry): boolean {
  switch (outcome.kind) {
    case 'copied':
    case 'removed':
      return true;
    case 'failed':
      return outcome.older !== undefined;
    case 'skipped':
      return outcome.keptTargetId !== undefined;
    case 'filtered':
      return false;
  }
}

/** Whether no parcel in the ledger had put it. */
function isFound({ adopted, outcome }: KnownEntry): boolean {
  return adopted || (outcome.kind === 'copied' && outcome.alreadyThere === true);
}

function isGone({ outcome }: Pick<KnownEntry, 'outcome'>): boolean {
  return outcome.kind === 'copied' && outcome.sourceGone === true;
}
