import type { Remedy } from '../domain/faults';
import { inTarget, sumLines, type ItemCounts } from '../domain/item-counts';
import type { ItemKind } from '../domain/mailbox';
import type { MailboxCounters } from '../domain/migration';
import type { MoveSummary } from '../domain/move-summary';
import type { Language, Translate } from '../locales';

/** Everything that was found, by what became of it; as the user's page says it. */
export function sumRows(t: Translate, language: Language, counters: ItemCounts) {
  const format = new Intl.NumberFormat(language);
  return sumLines(counters).map(({ word, count }) => ({
    label: t(`selfService.sums.${word}`),
    value: format.format(count),
  }));
}

const kinds: readonly ItemKind[] = ['mail', 'calendar', 'contacts', 'tasks', 'notes', 'other'];

/**
 * What is in the new mailbox, by kind where that is known; as the user's page says it. A pass that was begun since counts its folders from
 * the first again: then nobody knows how many there were.
 */
export function movedRows(
  t: Translate,
  language: Language,
  {
    counters,
    summary,
    startedAnew = false,
  }: { counters: MailboxCounters; summary?: MoveSummary | undefined; startedAnew?: boolean },
) {
  const format = new Intl.NumberFormat(language);
  const perKind = kinds.flatMap((kind) => {
    const count = summary?.inTarget[kind] ?? 0;
    return count === 0 ? [] : [{ label: t(`selfService.kinds.${kind}`), value: format.format(count) }];
  });
  const items =
    perKind.length > 0
      ? perKind
      : [{ label: t('selfService.kinds.all'), value: format.format(inTarget(counters)) }];
  if (startedAnew) return items;
  return [...items, { label: t('selfService.kinds.folders'), value: format.format(counters.foldersDone) }];
}

const itemReasons = [
  'raiseRequestLimit',
  'checkItem',
  'checkFolder',
  'checkSourceMailbox',
  'freeSpace',
  'grantAccess',
] as const satisfies readonly Remedy[];

/** Why an item was not moved, in its owner's words. */
export function reasonText(t: Translate, remedy: Remedy): string {
  return t(`selfService.reasons.${itemReasons.find((known) => known === remedy) ?? 'other'}`);
}
