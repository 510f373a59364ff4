import { adopt } from './adopt';
import type { PlannedDocument } from './ensure-folders';
import type { StampedItem } from './ledger';
import { listAny, targetFolders, type AnyFolder } from './list-target';
import type { MailboxPair } from './mailbox-pair';
import type { PairSession } from './pair-session';
import { removeTargets } from './remove-targets';
import type { TakenFolders } from './taken-folders';

/**
 * For a pair the ledger knows nothing of (new, lost, restored): what all target folders hold of ours is entered into the ledger before
 * anything is put, wherever the target's user may have moved it. Where stamps are found, an older attempt may still be at work:
 * then it waits until nothing more can come of it, and reads again.
 *
 * @param quiet true where it has been waited already
 */
export async function adoptStamps(
  pair: MailboxPair,
  session: PairSession,
  taken: TakenFolders,
  planned: readonly PlannedDocument[],
  quiet: boolean,
  signal: AbortSignal,
  onProgress: () => void,
): Promise<void> {
  const targets = await targetFolders(
    pair,
    planned.flatMap(({ plan }) => plan.targetId ?? []),
    signal,
  );
  if (!quiet && (await anyStamp(pair, targets, signal, onProgress)))
    await pair.clock.sleep(pair.quietMs, signal);
  const adopting = new Adopting(pair, taken, new Map(planned.map((one) => [one.folderKey, one])), signal);
  for (const target of targets) {
    await adopting.folder(target, onProgress);
    await session.write({});
  }
}

async function anyStamp(
  pair: MailboxPair,
  targets: readonly AnyFolder[],
  signal: AbortSignal,
  onProgress: () => void,
) {
  for (const target of targets) {
    for await (const { added } of listAny(pair, target, signal)) {
      if (added.some(({ stamp }) => stamp)) return true;
      onProgress();
    }
  }
  return false;
}

/** Takes each folder that stamps speak of and enters them. */
class Adopting {
  constructor(
    private readonly pair: MailboxPair,
    private readonly taken: TakenFolders,
    private readonly planned: ReadonlyMap<string, PlannedDocument>,
    private readonly signal: AbortSignal,
  ) {}

  async folder(target: AnyFolder, onProgress: () => void): Promise<void> {
    let state: string | undefined;
    for await (const page of listAny(this.pair, target, this.signal)) {
      const stamped = page.added.filter((item): item is StampedItem => item.stamp !== undefined);
      for (const folderKey of new Set(stamped.map(({ stamp }) => stamp.folderKey))) {
        if (!this.planned.has(folderKey)) continue;
        const ofFolder = stamped.filter(({ stamp }) => stamp.folderKey === folderKey);
        await this.enter(folderKey, ofFolder);
      }
      state = page.state;
      onProgress();
    }
    for (const { folderKey, plan } of this.planned.values()) {
      if (plan.targetId !== target.id) continue;
      const { session } = await this.taken.open(folderKey);
      session.setWatermark({ target: state });
      await session.save();
    }
  }

  private async enter(folderKey: string, items: readonly StampedItem[]): Promise<void> {
    const { pair, signal } = this;
    const { session, keys } = await this.taken.open(folderKey);
    await removeTargets(
      { pair, session, signal },
      items.filter(({ stamp }) => stamp.unfinished),
    );
    await adopt(
      { pair, session, keys, onProgress: () => {} },
      items.filter(({ stamp }) => !stamp.unfinished),
    );
  }
}
