import type { Operation } from '../call';
import { EwsError } from '../errors';
import { renderItem } from '../properties/render-item';
import { itemMatcher, itemSorter } from '../properties/restriction';
import { canonicalDate } from '../properties/extended';
import { expand } from '../properties/recurrence';
import { parseShape } from '../properties/shape';
import { fieldText } from '../store/fields';
import type { Folder, Mailbox } from '../store/mailbox';
import type { Item, Stored } from '../store/records';
import type { Element } from '../xml/element';
import { child } from '../xml/element';
import { occurrenceItem } from './occurrences';
import type { Page } from './paging';
import { pageOf, parsePaging } from './paging';
import { resolveFolder } from './resolve';
import { respondEach } from './respond';
import { checkSequence, enumAttribute } from './schema-check';

const FIND_LIMIT = 1000;
const RESTRICTED_FIND_LIMIT = 250;
const VIEWS = [
  'IndexedPageItemView',
  'FractionalPageItemView',
  'SeekToConditionPageItemView',
  'CalendarView',
  'ContactsView',
];

interface Shown {
  readonly item: Item;
  readonly idElement?: Stored;
}

/** @see MS-OXWSSRCH 3.1.4.2 FindItem */
export const findItem: Operation = async (call, request, answer) => {
  checkSequence(
    request,
    [
      'ItemShape',
      ...VIEWS,
      'GroupBy',
      'DistinguishedGroupBy',
      'Restriction',
      'SortOrder',
      'ParentFolderIds',
      'QueryString',
    ],
    ['ItemShape', 'ParentFolderIds'],
  );
  const traversal = enumAttribute(request, 'Traversal', ['Shallow', 'SoftDeleted', 'Associated'] as const);
  const shape = parseShape(child(request, 'ItemShape'));
  if (shape.mime)
    throw new EwsError('ErrorInvalidPropertyRequest', 'The MIME content cannot be returned by FindItem.');
  const restriction = child(request, 'Restriction');
  const calendar = child(request, 'CalendarView');
  await respondEach(
    call,
    answer,
    'FindItem',
    child(request, 'ParentFolderIds')?.children ?? [],
    undefined,
    (element) => {
      const { mailbox, folder } = resolveFolder(call, element);
      const found = calendar
        ? calendarView(mailbox, folder, calendar)
        : listed(mailbox, folder, traversal, restriction, request);
      const limit = restriction ? RESTRICTED_FIND_LIMIT : FIND_LIMIT;
      const page = call.faults.shortened(pageOf(found, parsePaging(request, found.length, limit)));
      return async () => {
        const paged = calendar ? {} : { IndexedPagingOffset: String(page.nextOffset) };
        answer.open('m:RootFolder', {
          ...paged,
          TotalItemsInView: String(found.length),
          IncludesLastItemInRange: String(page.last),
        });
        answer.open('t:Items');
        for (const shown of page.entries)
          await renderItem(answer, {
            mailbox,
            shape,
            view: 'find',
            zoneOffsetMinutes: call.policy.zoneOffsetMinutes,
            ...shown,
          });
        answer.close('t:Items');
        answer.close('m:RootFolder');
      };
    },
  );
};

export type FoundPage = Page<Shown>;

function listed(
  mailbox: Mailbox,
  folder: Folder,
  traversal: string,
  restriction: Element | undefined,
  request: Element,
): Shown[] {
  if (traversal === 'SoftDeleted') return [];
  const matches = itemMatcher(restriction);
  const associated = traversal === 'Associated';
  const items = [...folder.items.values()].filter(
    (item) => item.associated === associated && matches(mailbox, item),
  );
  return items.sort(itemSorter(mailbox, child(request, 'SortOrder'))).map((item) => ({ item }));
}

/** Appointments of a time span, each occurrence of a series by itself. */
function calendarView(mailbox: Mailbox, folder: Folder, view: Element): Shown[] {
  const from = Date.parse(canonicalDate(view.attrs['StartDate'] ?? ''));
  const to = Date.parse(canonicalDate(view.attrs['EndDate'] ?? ''));
  if (Number.isNaN(from) || Number.isNaN(to))
    throw new EwsError('ErrorInvalidArgument', 'The calendar view needs a start and an end.');
  const shown: Shown[] = [];
  for (const item of folder.items.values()) {
    if (item.element !== 'CalendarItem') continue;
    if (!item.fields['Recurrence']) shown.push({ item });
    else shown.push(...occurrencesUntil(mailbox, item, to));
  }
  const time = ({ item }: Shown, name: string): number => Date.parse(fieldText(item.fields, name) ?? '');
  const within = shown.filter((each) => time(each, 'Start') < to && time(each, 'End') > from);
  const max = Number(view.attrs['MaxEntriesReturned'] ?? FIND_LIMIT);
  return within.sort((a, b) => time(a, 'Start') - time(b, 'Start')).slice(0, max);
}

function occurrencesUntil(mailbox: Mailbox, master: Item, to: number): Shown[] {
  const series = expand(master);
  const shown: Shown[] = [];
  for (let index = 1; ; index++) {
    const slot = series.at(index);
    if (!slot || Date.parse(slot.start) >= to) return shown;
    if (!master.occurrences?.some((each) => each.index === index && each.deleted))
      shown.push(occurrenceItem(mailbox, master, index));
  }
}
