import type { Stamp } from '../../../src/connectors/connector';
import { MemorySource, type MemoryItem } from '../../../src/connectors/memory';
import { chooseFolders } from '../../../src/domain/folder-filter';
import { agrees } from '../../../src/domain/item-counts';
import { itemFilter, type FilterSpec } from '../../../src/domain/item-filter';
import type { KnownEntry } from '../../../src/engine/ledger';
import { pairId } from '../../../src/engine/pair-id';
import { settleMs, type Migration } from './migration';
import type { SourceUser } from './source-user';
import { touchKey, type TargetUser } from './target-user';

interface Kept {
  item: MemoryItem;
  stamp: Stamp;
}

/** A migration at its end, and who used the mailboxes meanwhile. */
export interface Lived {
  migration: Migration;
  user: TargetUser;
  sourceUser: SourceUser;
  /** What was wrong while it ran. */
  seen: readonly string[];
}

const pair = pairId('source', 'target');

/**
 * What is wrong in the end; nothing is. Each source item that the last filter accepts is in the target exactly once, in its newest
 * version, or is named; what no filter accepted is not there; what went is there no more where that was to be followed; what the
 * target's user did is left; copies he made are there beside; the last comparison takes nothing for another version than was written;
 * the figures add up.
 */
export async function wrongs(lived: Lived): Promise<string[]> {
  const { migration } = lived;
  const kept = keptIn(migration);
  const wrong = [...lived.seen, ...doubled(lived, kept), ...(await unwanted(lived, kept))];
  const accepts = await acceptance(migration, migration.setting.filters.at(-1));
  for (const folder of migration.source.folders.values()) {
    const id = { pairId: pair, folderKey: folder.id };
    const known = await migration.ledger.lookUp(id, [...folder.items.keys()]);
    for (const item of folder.items.values()) {
      if (!accepts(folder.id, item)) continue;
      const key = touchKey({ folderKey: folder.id, sourceKey: item.id });
      wrong.push(...wrongItem(lived, key, item, known.get(item.id) ?? [], kept));
    }
  }
  wrong.push(...(await unfollowed(lived, kept)));
  const different = migration.verified.at(-1)?.different ?? 0;
  if (different > 0) wrong.push(`${different} are said to be of another version than was written`);
  const counters = await migration.counters();
  if (!agrees(counters)) wrong.push(`the figures do not add up: ${JSON.stringify(counters)}`);
  return wrong;
}

function keptIn({ target }: Migration): Map<string, Kept[]> {
  const kept = new Map<string, Kept[]>();
  for (const folder of target.folders.values()) {
    for (const item of folder.items.values()) {
      const stamp = item.stamps.get(pair);
      if (!stamp) continue;
      const key = touchKey(stamp);
      kept.set(key, [...(kept.get(key) ?? []), { item, stamp }]);
    }
  }
  return kept;
}

function doubled({ migration, user }: Lived, kept: ReadonlyMap<string, Kept[]>): string[] {
  const wrong: string[] = [];
  for (const [key, items] of kept) {
    const copies = user.copiesOf(key);
    // What cannot be overwritten is put anew, and what its user has made his own meanwhile stays beside it.
    if (user.hasUsed(key) && !migration.setting.updates) continue;
    if (isOutOfSight(migration, items[0]?.stamp.folderKey ?? '')) continue;
    if (items.length > copies + 1)
      wrong.push(`${key} is ${items.length} times in the target, ${copies} copied by its user`);
    if (items.some(({ stamp }) => stamp.unfinished)) wrong.push(`${key} is unfinished`);
  }
  return wrong;
}

type Accepts = (folderId: string, item: MemoryItem) => boolean;

async function acceptance({ source }: Migration, spec: FilterSpec | undefined): Promise<Accepts> {
  if (!spec) return () => true;
  const folders = await new MemorySource(source).listFolders(new AbortController().signal);
  const choices = chooseFolders(spec, folders);
  const filter = itemFilter(spec);
  return (folderId, { content: { sizeBytes }, itemClass, date }) =>
    choices.get(folderId) === 'copied' && filter.accepts({ sizeBytes, itemClass, date });
}

/** What is in the target though no filter accepted it; of what always looked as it does now. */
async function unwanted(
  { migration, sourceUser }: Lived,
  kept: ReadonlyMap<string, Kept[]>,
): Promise<string[]> {
  const all = await Promise.all(migration.setting.filters.map((spec) => acceptance(migration, spec)));
  if (sourceUser.renamed.size > 0) return [];
  return [...kept].flatMap(([key, [first]]) => {
    const { folderKey = '', sourceKey = '' } = first?.stamp ?? {};
    const item = migration.source.item(folderKey, sourceKey);
    if (!item || sourceUser.changed.has(key)) return [];
    return all.some((accepts) => accepts(folderKey, item)) ? [] : [`${key} was wanted by no filter`];
  });
}

function wrongItem(
  lived: Lived,
  key: string,
  item: MemoryItem,
  entries: readonly KnownEntry[],
  all: ReadonlyMap<string, Kept[]>,
): string[] {
  const { user, sourceUser, migration } = lived;
  const { ledger } = migration;
  const { outcome } = entries.at(-1) ?? {};
  const isLeft = outcome?.kind === 'skipped' && outcome.keptTargetId !== undefined;
  if (outcome?.kind === 'failed' || (outcome?.kind === 'skipped' && !(isLeft && user.moved.has(key))))
    return [];
  if (user.touched.has(key))
    return outcome?.kind === 'copied' || isLeft ? [] : [`${key} is not even in the ledger`];
  if (outcome?.kind !== 'copied' && !isLeft) return [`${key} is neither copied nor named`];
  const kept = all.get(key) ?? [];
  const most = user.copiesOf(key) + 1;
  if (user.moved.has(key) && !migration.setting.updates && kept.length > 0) return [];
  if (kept.length < 1 || kept.length > most)
    return [`${key} is ${kept.length} times in the target, ${most} at most`];
  const current = kept.filter(
    (one) => one.item.content.digest === item.content.digest && one.item.read === item.read,
  );
  if (current.length === 0 && !user.moved.has(key)) return [`${key} is not the newest version`];
  // What lies in a folder that is left out is not looked at, and what went there was deleted for all that is known. What was in both
  // places before a ledger was lost may be a copy that its user made at the source.
  // What an administrator took for deleted stays where it was, also where it comes back elsewhere.
  if (migration.ledgerLost || migration.everChecked || leavesOutFolders(migration)) return [];
  return [...all].flatMap(([old, items]) => {
    const { folderKey = '' } = items[0]?.stamp ?? {};
    if (isOutOfSight(migration, folderKey)) return [];
    // What comes when nobody waits for it any more is known from its stamp alone, and of that nobody knows when it came.
    const isFound = entries.some(({ adopted }) => adopted) || !items.some(({ stamp }) => ledger.has(stamp));
    if (isPromiseBroken(migration) && isFound) return [];
    const way = sourceUser.wayOf(old);
    // Of the places of what was moved on, and a filter left out there, only one is followed: one for one that came.
    const wasMovedOn = way[0] !== key || [...sourceUser.movedTo.values()].includes(old);
    const isFollowed = way.includes(key) && !(wasMovedOn && migration.setting.filters.length > 1);
    return isFollowed && !user.hasUsed(old) && items.length > user.copiesOf(old)
      ? [`${key} is still where it was, as ${old}`]
      : [];
  });
}

function leavesOutFolders({ setting: { filters } }: Migration): boolean {
  return filters.some(({ onlyFolders, leaveOutFolders }) => onlyFolders ?? leaveOutFolders);
}

function isAtSource({ source }: Migration, key: string): boolean {
  return [...source.folders.values()].some(({ id, items }) =>
    [...items.keys()].some((item) => touchKey({ folderKey: id, sourceKey: item }) === key),
  );
}

/** Nobody knows any more what was in the place of a folder that is gone before the ledger was lost. */
function isOutOfSight({ source, ledgerLost }: Migration, folderKey: string): boolean {
  return ledgerLost && !source.folders.has(folderKey);
}

/** Whether the server may let a request take effect when nobody waits for it any more. */
function isPromiseBroken({ setting }: Migration): boolean {
  return setting.rates.latestMs > settleMs;
}

/** What was deleted at the source and is in the target though that was to be followed. */
async function unfollowed(
  { migration, user, sourceUser }: Lived,
  kept: ReadonlyMap<string, Kept[]>,
): Promise<string[]> {
  const { setting, source, ledger } = migration;
  const wrong: string[] = [];
  // What an administrator has looked after stays, and what is in a folder that is left out is not looked at.
  if (!setting.followDeletions || migration.everChecked || leavesOutFolders(migration)) return wrong;
  for (const [key, items] of kept) {
    const { folderKey = '', sourceKey = '' } = items[0]?.stamp ?? {};
    if (source.folders.get(folderKey)?.items.has(sourceKey) || user.hasUsed(key)) continue;
    const newest = (await ledger.lookUp({ pairId: pair, folderKey }, [sourceKey])).get(sourceKey)?.at(-1);
    // What was moved to where the filter leaves it out was not deleted.
    if (sourceUser.wayOf(key).some((at) => isAtSource(migration, at))) continue;
    // Of what is known from a stamp alone nobody knows when it was deleted.
    if (newest?.itemClass === '' || isOutOfSight(migration, folderKey)) continue;
    if (items.length > user.copiesOf(key)) wrong.push(`${key} was deleted at the source and is still there`);
  }
  return wrong;
}
