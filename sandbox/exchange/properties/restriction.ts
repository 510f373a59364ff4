import { EwsError, schemaFault } from '../errors';
import { fieldChildren } from '../store/fields';
import type { Folder, Mailbox } from '../store/mailbox';
import type { ExtendedValue, Item, Stored } from '../store/records';
import type { Element } from '../xml/element';
import { child, children } from '../xml/element';
import { propertyOf } from './computed';
import { canonicalDate, parseExtendedUri } from './extended';
import { elementOfUri } from './schema';
import { indexedName } from './shape';
import { folderExtended, itemExtended } from './system-tags';

/** Search restrictions. @see MS-OXWSSRCH, SearchExpressionType */

type Read<T> = (mailbox: Mailbox, subject: T, path: Element) => readonly string[];
type Match<T> = (mailbox: Mailbox, subject: T) => boolean;

const PATHS = new Set(['FieldURI', 'IndexedFieldURI', 'ExtendedFieldURI']);

export function itemMatcher(restriction: Element | undefined): Match<Item> {
  return matcher(restriction, itemValues);
}

export function folderMatcher(restriction: Element | undefined): Match<Folder> {
  return matcher(restriction, folderValues);
}

function matcher<T>(restriction: Element | undefined, read: Read<T>): Match<T> {
  const expression = restriction?.children[0];
  return expression ? compile(expression, read) : () => true;
}

function compile<T>(expression: Element, read: Read<T>): Match<T> {
  switch (expression.name) {
    case 'And': {
      const parts = expression.children.map((each) => compile(each, read));
      return (mailbox, subject) => parts.every((part) => part(mailbox, subject));
    }
    case 'Or': {
      const parts = expression.children.map((each) => compile(each, read));
      return (mailbox, subject) => parts.some((part) => part(mailbox, subject));
    }
    case 'Not': {
      const inner = expression.children[0];
      if (!inner) throw schemaFault(`The element 'Not' has incomplete content.`);
      const part = compile(inner, read);
      return (mailbox, subject) => !part(mailbox, subject);
    }
    default:
      return compileLeaf(expression, read);
  }
}

function compileLeaf<T>(expression: Element, read: Read<T>): Match<T> {
  const path = expression.children.find((each) => PATHS.has(each.name));
  if (!path) throw schemaFault(`The element '${expression.name}' has incomplete content.`);
  if (expression.name === 'Exists') return (mailbox, subject) => read(mailbox, subject, path).length > 0;
  if (expression.name === 'Contains') return contains(expression, path, read);
  if (expression.name === 'Excludes') {
    const mask = Number(child(expression, 'Bitmask')?.attrs['Value'] ?? 0);
    return (mailbox, subject) => read(mailbox, subject, path).every((value) => (Number(value) & mask) === 0);
  }
  return compare(expression, path, read);
}

const COMPARISONS: Readonly<Record<string, (order: number) => boolean>> = {
  IsEqualTo: (order) => order === 0,
  IsNotEqualTo: (order) => order !== 0,
  IsGreaterThan: (order) => order > 0,
  IsGreaterThanOrEqualTo: (order) => order >= 0,
  IsLessThan: (order) => order < 0,
  IsLessThanOrEqualTo: (order) => order <= 0,
};

function compare<T>(expression: Element, path: Element, read: Read<T>): Match<T> {
  const accepts = COMPARISONS[expression.name];
  if (!accepts)
    throw schemaFault(`The element 'Restriction' has invalid child element '${expression.name}'.`);
  const operand = child(expression, 'FieldURIOrConstant');
  const constant = operand && child(operand, 'Constant');
  const other = operand?.children.find((each) => PATHS.has(each.name));
  if (constant && path.attrs['PropertyType']?.endsWith('Array'))
    throw new EwsError(
      'ErrorUnsupportedTypeForConversion',
      'The property type is not supported in a restriction.',
    );
  return (mailbox, subject) => {
    const values = read(mailbox, subject, path);
    const wanted = constant
      ? (constant.attrs['Value'] ?? '')
      : other
        ? (read(mailbox, subject, other)[0] ?? '')
        : '';
    if (values.length === 0) return expression.name === 'IsNotEqualTo';
    return values.some((value) => accepts(order(value, wanted)));
  };
}

const INTEGER = /^[+-]?\d+$/;
const DATE = /^\d{4}-\d\d-\d\dT/;

function order(value: string, wanted: string): number {
  if (INTEGER.test(value) && INTEGER.test(wanted)) return Number(value) - Number(wanted);
  if (DATE.test(value) && DATE.test(wanted)) return Date.parse(value) - Date.parse(canonicalDate(wanted));
  const left = value.toLowerCase();
  const right = wanted.toLowerCase();
  return left < right ? -1 : left > right ? 1 : 0;
}

function contains<T>(expression: Element, path: Element, read: Read<T>): Match<T> {
  const wanted = child(expression, 'Constant')?.attrs['Value'] ?? '';
  const mode = expression.attrs['ContainmentMode'] ?? 'FullString';
  const ignoreCase = (expression.attrs['ContainmentComparison'] ?? 'Exact').includes('IgnoreCase');
  const fold = (text: string): string => (ignoreCase ? text.toLowerCase() : text);
  const needle = fold(wanted);
  const test = (text: string): boolean => {
    if (mode === 'Substring') return text.includes(needle);
    if (mode === 'Prefixed' || mode === 'PrefixOnWords') return text.startsWith(needle);
    return mode === 'ExactPhrase' ? ` ${text} `.includes(` ${needle} `) : text === needle;
  };
  return (mailbox, subject) => read(mailbox, subject, path).some((value) => test(fold(value)));
}

function listOf(value: ExtendedValue | undefined): readonly string[] {
  if (value === undefined) return [];
  return typeof value === 'string' ? [value] : value;
}

function textsOf(stored: Stored | undefined): string[] {
  if (!stored) return [];
  return typeof stored.v === 'string' ? [stored.v] : stored.v.flatMap(textsOf);
}

export const itemValues: Read<Item> = (mailbox, item, path) => {
  if (path.name === 'ExtendedFieldURI') return listOf(itemExtended(mailbox, item, parseExtendedUri(path)));
  const uri = path.attrs['FieldURI'] ?? '';
  if (path.name === 'IndexedFieldURI') {
    const { name, key } = indexedName(uri, path.attrs['FieldIndex'] ?? '');
    return fieldChildren(item.fields, name)
      .filter((each) => each.a?.['Key'] === key)
      .flatMap(textsOf);
  }
  const name = elementOfUri(uri);
  if (name === undefined)
    throw schemaFault(`The 'FieldURI' attribute is invalid - The value '${uri}' is invalid.`);
  return textsOf(propertyOf({ mailbox, item }, name));
};

const folderValues: Read<Folder> = (mailbox, folder, path) => {
  if (path.name === 'ExtendedFieldURI')
    return listOf(folderExtended(mailbox, folder.record, parseExtendedUri(path)));
  switch (path.attrs['FieldURI']) {
    case 'folder:DisplayName':
      return [folder.record.displayName];
    case 'folder:FolderClass':
      return folder.record.folderClass ? [folder.record.folderClass] : [];
    case 'folder:TotalCount':
      return [String(folder.items.size)];
    case 'folder:ChildFolderCount':
      return [String(mailbox.childrenOf(folder.record.counter).length)];
    default:
      return [];
  }
};

/** Orders items by a SortOrder; the last field counts least. Without one the newest comes first, as Exchange lists. */
export function itemSorter(mailbox: Mailbox, sortOrder: Element | undefined): (a: Item, b: Item) => number {
  const fields = children(sortOrder, 'FieldOrder');
  if (fields.length === 0)
    return (a, b) =>
      a.received === b.received ? b.counter - a.counter : (a.received ?? '') < (b.received ?? '') ? 1 : -1;
  return (a, b) => {
    for (const field of fields) {
      const path = field.children[0];
      if (!path) continue;
      const found = order(itemValues(mailbox, a, path)[0] ?? '', itemValues(mailbox, b, path)[0] ?? '');
      if (found !== 0) return field.attrs['Order'] === 'Descending' ? -found : found;
    }
    return a.counter - b.counter;
  };
}
