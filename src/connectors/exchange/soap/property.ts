import { child, type Element } from './element';
import { propertyUriXml, type PropertyUri } from './envelope';
import { escapeText } from './text';

/** The value of an extended property of an item or folder; undefined where it has none. */
export function propertyOf(owner: Element, uri: PropertyUri): string | undefined {
  const found = owner.children.find(
    (each) => each.name === 'ExtendedProperty' && isFor(child(each, 'ExtendedFieldURI'), uri),
  );
  return child(found, 'Value')?.text;
}

export function propertyXml(uri: PropertyUri, value: string): string {
  return `<t:ExtendedProperty>${propertyUriXml(uri)}<t:Value>${escapeText(value)}</t:Value></t:ExtendedProperty>`;
}

function isFor(field: Element | undefined, uri: PropertyUri): boolean {
  if (!field) return false;
  const has = (name: string, value: string) => field.attributes[name]?.toLowerCase() === value.toLowerCase();
  if ('tag' in uri) return parseInt(field.attributes['PropertyTag'] ?? '', 16) === parseInt(uri.tag, 16);
  const inSet = 'guid' in uri ? has('PropertySetId', uri.guid) : has('DistinguishedPropertySetId', uri.set);
  // Servers may answer in another letter case; a pair id is compared as it is.
  const which =
    'id' in uri ? has('PropertyId', String(uri.id)) : field.attributes['PropertyName'] === uri.name;
  return inSet && which;
}
