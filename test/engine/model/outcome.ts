import type { Stamp } from '../../../src/connectors/connector';
import type { MemoryItem } from '../../../src/connectors/memory';
import type { KnownEntry } from '../../../src/engine/ledger';
import { pairId } from '../../../src/engine/pair-id';
import { touchKey, type TargetUser } from './mailbox-users';
import type { Migration } from './migration';

interface Kept {
  item: MemoryItem;
  stamp: Stamp;
}

/**
 * What is wrong in the end; nothing is. Each source item is in the target exactly once, in its newest version, or is named; what the
 * target's user did is left; copies he made are there beside.
 */
export async function wrongs(migration: Migration, user: TargetUser): Promise<string[]> {
  const wrong: string[] = [];
  const pair = pairId('source', 'target');
  const kept = new Map<string, Kept[]>();
  for (const folder of migration.target.folders.values()) {
    for (const item of folder.items.values()) {
      const stamp = item.stamps.get(pair);
      if (!stamp) continue;
      const key = touchKey(stamp);
      kept.set(key, [...(kept.get(key) ?? []), { item, stamp }]);
    }
  }
  for (const [key, items] of kept) {
    const copies = user.copiesOf(key);
    // What cannot be overwritten is put anew, and a version that its user has changed stays beside it.
    if (user.touched.has(key) && !migration.setting.updates) continue;
    // With the ledger lost between its put and the removal of the one before, that one cannot be told from a copy of its user's.
    if (migration.ledgerLost && !migration.setting.updates) continue;
    if (items.length > copies + 1)
      wrong.push(`${key} is ${items.length} times in the target, ${copies} copied by its user`);
    if (items.some(({ stamp }) => stamp.unfinished)) wrong.push(`${key} is unfinished`);
  }
  for (const folder of migration.source.folders.values()) {
    const known = await migration.ledger.lookUp({ pairId: pair, folderKey: folder.id }, [
      ...folder.items.keys(),
    ]);
    for (const item of folder.items.values()) {
      const key = touchKey({ folderKey: folder.id, sourceKey: item.id });
      const newest = known.get(item.id)?.at(-1);
      const lenient = migration.ledgerLost && !migration.setting.updates;
      const most = { touched: user.touched.has(key), items: lenient ? Infinity : user.copiesOf(key) + 1 };
      wrong.push(...wrongItem(key, item, newest, kept.get(key) ?? [], most));
    }
  }
  return wrong;
}

function wrongItem(
  key: string,
  item: MemoryItem,
  newest: KnownEntry | undefined,
  kept: Kept[],
  most: { touched: boolean; items: number },
): string[] {
  const { outcome } = newest ?? {};
  if (outcome?.kind === 'failed' || outcome?.kind === 'skipped') return [];
  if (most.touched) return outcome?.kind === 'copied' ? [] : [`${key} is not even in the ledger`];
  if (outcome?.kind !== 'copied') return [`${key} is neither copied nor named`];
  if (kept.length < 1 || kept.length > most.items)
    return [`${key} is ${kept.length} times in the target, ${most.items} at most`];
  const current = kept.filter(
    (one) => one.item.content.digest === item.content.digest && one.item.read === item.read,
  );
  return current.length > 0 ? [] : [`${key} is not the newest version`];
}
