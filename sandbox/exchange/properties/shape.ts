import { schemaFault } from '../errors';
import type { Element } from '../xml/element';
import { child, childText } from '../xml/element';
import type { ExtendedUri } from './extended';
import { parseExtendedUri } from './extended';
import { elementOfUri } from './schema';

/** Which properties of items an answer holds. */
export interface ItemShape {
  readonly base: 'IdOnly' | 'Default' | 'AllProperties';
  readonly mime: boolean;
  readonly bodyType: 'Best' | 'HTML' | 'Text';
  /** Element names asked for beside the base shape. */
  readonly names: ReadonlySet<string>;
  /** Of collections such as EmailAddresses only these keys, by element name. */
  readonly indexed: ReadonlyMap<string, ReadonlySet<string>>;
  readonly extended: readonly ExtendedUri[];
}

export const ID_ONLY: ItemShape = {
  base: 'IdOnly',
  mime: false,
  bodyType: 'Best',
  names: new Set(),
  indexed: new Map(),
  extended: [],
};

/** @throws SoapFault */
export function parseShape(shape: Element | undefined): ItemShape {
  if (!shape)
    throw schemaFault('The element has incomplete content. List of possible elements expected: ItemShape.');
  const base = childText(shape, 'BaseShape');
  if (base !== 'IdOnly' && base !== 'Default' && base !== 'AllProperties')
    throw schemaFault(`The 'BaseShape' element is invalid - The value '${base ?? ''}' is invalid.`);
  const bodyType = childText(shape, 'BodyType') ?? 'Best';
  if (bodyType !== 'Best' && bodyType !== 'HTML' && bodyType !== 'Text')
    throw schemaFault(`The 'BodyType' element is invalid - The value '${bodyType}' is invalid.`);
  const additional = parseAdditional(child(shape, 'AdditionalProperties'));
  const mime =
    /^(true|1)$/.test(childText(shape, 'IncludeMimeContent') ?? '') || additional.names.has('MimeContent');
  return { base, mime, bodyType, ...additional };
}

function parseAdditional(properties: Element | undefined): Pick<ItemShape, 'names' | 'indexed' | 'extended'> {
  const names = new Set<string>();
  const indexed = new Map<string, Set<string>>();
  const extended: ExtendedUri[] = [];
  for (const each of properties?.children ?? []) {
    const uri = each.attrs['FieldURI'] ?? '';
    if (each.name === 'ExtendedFieldURI') extended.push(parseExtendedUri(each));
    else if (each.name === 'FieldURI') names.add(uri.startsWith('folder:') ? uri.slice(7) : nameOf(uri));
    else if (each.name === 'IndexedFieldURI') {
      const { name, key } = indexedName(uri, each.attrs['FieldIndex'] ?? '');
      indexed.set(name, (indexed.get(name) ?? new Set()).add(key));
    } else throw schemaFault(`The element 'AdditionalProperties' has invalid child element '${each.name}'.`);
  }
  return { names, indexed, extended };
}

function nameOf(uri: string): string {
  const name = elementOfUri(uri);
  if (name === undefined)
    throw schemaFault(
      `The 'FieldURI' attribute is invalid - The value '${uri}' is invalid according to its datatype 'UnindexedFieldURIType' - The Enumeration constraint failed.`,
    );
  return name;
}

const COLLECTIONS: Readonly<Record<string, string>> = {
  'contacts:EmailAddress': 'EmailAddresses',
  'contacts:PhoneNumber': 'PhoneNumbers',
  'contacts:ImAddress': 'ImAddresses',
};

/** The collection and the key behind an IndexedFieldURI. */
export function indexedName(uri: string, index: string): { name: string; key: string; part?: string } {
  const part = /^contacts:PhysicalAddress:(\w+)$/.exec(uri)?.[1];
  if (part) return { name: 'PhysicalAddresses', key: index, part };
  const name =
    COLLECTIONS[uri] ??
    (uri === 'distributionlist:Members:Member'
      ? 'Members'
      : uri === 'item:InternetMessageHeader'
        ? 'InternetMessageHeaders'
        : undefined);
  if (!name) throw schemaFault(`The 'FieldURI' attribute is invalid - The value '${uri}' is invalid.`);
  return { name, key: index };
}
