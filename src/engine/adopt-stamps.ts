import type { TargetState } from '../connectors/connector';
import { adopt, unknownItems } from './adopt';
import { isStamped, settledStates } from './elsewhere';
import type { FolderDocument, StampedItem } from './ledger';
import { isOfFolder, listAll, targetFolders, type AnyFolder } from './list-target';
import type { MailboxPair } from './mailbox-pair';
import type { PairSession } from './pair-session';
import { removeTargets } from './remove-targets';
import { highestDrawn } from './set-back';
import type { TakenFolders } from './taken-folders';

/**
 * For a pair whose ledger knows nothing (new, lost) or less than was done with it (restored): what all target folders hold of ours is
 * entered into the ledger before anything is put, wherever the target's user may have moved it. Where stamps are found, an older attempt
 * may still be at work: then it waits until nothing more can come of it, and reads again.
 *
 * A ledger of which that is only feared (`adopted` stands in the pair's document beside `feared`) is asked about what came to the target
 * folders since they were last settled, and is left as it is where it knows all of it.
 *
 * @param quiet true where it has been waited already
 * @returns whether the ledger was as was feared
 */
export async function adoptStamps(
  pair: MailboxPair,
  session: PairSession,
  taken: TakenFolders,
  quiet: boolean,
  signal: AbortSignal,
  onProgress: () => void,
): Promise<boolean> {
  const isFeared = session.document.adopted;
  const folders: FolderDocument[] = [];
  for await (const folder of pair.ledger.folders(pair.id)) folders.push(folder);
  const adopting = new Adopting(pair, taken, folders, isFeared, signal);
  const targets = await targetFolders(
    pair,
    folders.flatMap(({ plan }) => plan.targetId ?? []),
    signal,
  );
  const isFound = (!isFeared && quiet) || (await adopting.findsAny(targets, onProgress));
  if (isFeared && !isFound) return false;
  // Said here and not by what is entered (`distrustLedger`), which would write over this session.
  if (isFeared) await session.write({ adopted: false });
  if (isFound && !quiet) await pair.clock.sleep(pair.quietMs, signal);
  await adopting.settle();
  for (const target of targets) {
    await adopting.folder(target, onProgress);
    await session.write({});
  }
  return true;
}

/** Takes each folder that stamps speak of and enters them. */
class Adopting {
  private readonly states: ReadonlyMap<string, TargetState | undefined>;
  private readonly pending: ReadonlySet<string>;
  private readonly known: ReadonlySet<string>;

  constructor(
    private readonly pair: MailboxPair,
    private readonly taken: TakenFolders,
    private readonly folders: readonly FolderDocument[],
    private readonly isFeared: boolean,
    private readonly signal: AbortSignal,
  ) {
    this.states = isFeared ? settledStates(folders) : new Map();
    this.known = new Set(folders.map(({ folderKey }) => folderKey));
    this.pending = new Set(folders.flatMap(({ pending }) => pending.map(({ parcelId }) => parcelId)));
  }

  /** Whether there is anything to be entered. */
  async findsAny(targets: readonly AnyFolder[], onProgress: () => void): Promise<boolean> {
    for (const folder of this.folders) if ((await highestDrawn(this.pair, folder)) > folder.seq) return true;
    for (const target of targets) {
      for await (const items of this.stamped(target)) {
        if (items.length > 0 && !this.isFeared) return true;
        const strange = items.filter(({ stamp }) => !this.pending.has(stamp.parcelId));
        if ((await unknownItems(this.pair, strange)).length > 0) return true;
        onProgress();
      }
    }
    return false;
  }

  /** What is pending is judged before what stands in the target for other reasons. */
  async settle(): Promise<void> {
    const { pair, taken, signal } = this;
    for (const folder of this.folders) {
      const { folderKey, seq, pending, plan } = folder;
      const highest = await highestDrawn(pair, folder);
      if (highest > seq) {
        const { session } = await taken.open(folderKey);
        session.raiseSeq(highest);
        await session.save();
      }
      if (pending.length > 0 && plan.targetId !== undefined) await taken.settle(folderKey, signal);
    }
  }

  async folder(target: AnyFolder, onProgress: () => void): Promise<void> {
    let state: TargetState | undefined;
    for await (const items of this.stamped(target, (reached) => (state = reached))) {
      for (const folderKey of new Set(items.map(({ stamp }) => stamp.folderKey))) {
        if (!this.known.has(folderKey)) continue;
        await this.enter(
          folderKey,
          items.filter(({ stamp }) => stamp.folderKey === folderKey),
        );
      }
      onProgress();
    }
    if (state === undefined) return;
    for (const { folderKey, plan } of this.folders) {
      if (plan.targetId !== target.id) continue;
      const { session } = await this.taken.open(folderKey);
      if (session.document.pending.length > 0) continue;
      session.setWatermark({ target: state });
      await session.save();
    }
  }

  /** Our items in a target folder, page by page; none where it cannot be listed: its copy finds out what is to be done about it. */
  private async *stamped(
    target: AnyFolder,
    onReached: (state: TargetState) => void = () => {},
  ): AsyncGenerator<StampedItem[]> {
    try {
      for await (const page of listAll(this.pair, target, this.signal, this.states.get(target.id))) {
        yield page.added.filter(isStamped);
        onReached(page.state);
      }
    } catch (fault) {
      if (!isOfFolder(fault)) throw fault;
    }
  }

  private async enter(folderKey: string, items: readonly StampedItem[]): Promise<void> {
    const { pair, signal } = this;
    const { session, keys } = await this.taken.open(folderKey);
    const pending = new Set(session.document.pending.map(({ parcelId }) => parcelId));
    const settled = items.filter(({ stamp }) => !pending.has(stamp.parcelId));
    await removeTargets(
      { pair, session, signal },
      settled.filter(({ stamp }) => stamp.unfinished),
    );
    await adopt(
      { pair, session, keys, onProgress: () => {} },
      settled.filter(({ stamp }) => !stamp.unfinished),
    );
  }
}
