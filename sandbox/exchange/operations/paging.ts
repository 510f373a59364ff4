import type { Element } from '../xml/element';
import { EwsError } from '../errors';

/** How a client asked for a page of a view. */
export interface Paging {
  readonly offset: number;
  readonly max: number;
  /** Counted from the end of the view. */
  readonly fromEnd: boolean;
}

const NAMES = [
  'IndexedPageItemView',
  'IndexedPageFolderView',
  'FractionalPageItemView',
  'FractionalPageFolderView',
];

/** @param limit entries of one page at most, whatever was asked for */
export function parsePaging(request: Element, total: number, limit: number): Paging {
  const view = request.children.find((each) => NAMES.includes(each.name));
  if (!view) return { offset: 0, max: limit, fromEnd: false };
  const asked = view.attrs['MaxEntriesReturned'];
  const max = asked === undefined ? limit : Number(asked);
  if (!Number.isInteger(max) || max <= 0)
    throw new EwsError('ErrorInvalidPagingMaxRows', 'Value for maximum rows returned is invalid.');
  const fraction = view.attrs['Numerator'];
  const offset =
    fraction === undefined
      ? Number(view.attrs['Offset'] ?? 0)
      : Math.floor((total * Number(fraction)) / Number(view.attrs['Denominator'] ?? 1));
  if (!Number.isInteger(offset) || offset < 0)
    throw new EwsError('ErrorInvalidIndexedPagingParameters', 'The paging parameters are invalid.');
  return { offset, max: Math.min(max, limit), fromEnd: view.attrs['BasePoint'] === 'End' };
}

export interface Page<T> {
  readonly entries: T[];
  readonly nextOffset: number;
  readonly last: boolean;
}

export function pageOf<T>(all: readonly T[], paging: Paging): Page<T> {
  if (paging.fromEnd) {
    const end = Math.max(0, all.length - paging.offset);
    const start = Math.max(0, end - paging.max);
    return { entries: all.slice(start, end), nextOffset: all.length - start, last: start === 0 };
  }
  const end = Math.min(all.length, paging.offset + paging.max);
  return { entries: all.slice(paging.offset, end), nextOffset: end, last: end >= all.length };
}
