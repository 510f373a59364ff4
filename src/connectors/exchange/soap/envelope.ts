import type { ServerVersion } from '../settings';
import { escapeAttribute } from './text';

const namespaces =
  'xmlns:s="http://schemas.xmlsoap.org/soap/envelope/" ' +
  'xmlns:m="http://schemas.microsoft.com/exchange/services/2006/messages" ' +
  'xmlns:t="http://schemas.microsoft.com/exchange/services/2006/types"';

export function envelopeStart(version: ServerVersion): string {
  return (
    `<?xml version="1.0" encoding="utf-8"?><s:Envelope ${namespaces}><s:Header>` +
    `<t:RequestServerVersion Version="${version}"/></s:Header><s:Body>`
  );
}

export const envelopeEnd = '</s:Body></s:Envelope>';

export function envelope(version: ServerVersion, operation: string): string {
  return envelopeStart(version) + operation + envelopeEnd;
}

export function folderIdXml(id: string): string {
  return `<t:FolderId Id="${escapeAttribute(id)}"/>`;
}

export function itemIdXml(ref: { id: string; changeKey?: string }): string {
  const changeKey = ref.changeKey === undefined ? '' : ` ChangeKey="${escapeAttribute(ref.changeKey)}"`;
  return `<t:ItemId Id="${escapeAttribute(ref.id)}"${changeKey}/>`;
}

/** Names the mailbox in each request, so that nobody's default mailbox is opened instead. */
export function distinguishedFolderXml(name: string, address: string): string {
  return (
    `<t:DistinguishedFolderId Id="${name}"><t:Mailbox><t:EmailAddress>${escapeAttribute(address)}</t:EmailAddress>` +
    '</t:Mailbox></t:DistinguishedFolderId>'
  );
}

/** An extended property by MAPI tag, named property set or private property set. */
export type PropertyUri =
  | { tag: string; type: PropertyType }
  | { set: string; id: number; type: PropertyType }
  | { set: string; name: string; type: PropertyType }
  | { guid: string; name: string; type: PropertyType }
  | { guid: string; id: number; type: PropertyType };
export type PropertyType =
  'String' | 'Integer' | 'Boolean' | 'Binary' | 'SystemTime' | 'Long' | 'Double' | 'StringArray';

export function propertyUriXml(uri: PropertyUri): string {
  const type = `PropertyType="${uri.type}"`;
  if ('tag' in uri) return `<t:ExtendedFieldURI PropertyTag="${uri.tag}" ${type}/>`;
  const set = 'guid' in uri ? `PropertySetId="${uri.guid}"` : `DistinguishedPropertySetId="${uri.set}"`;
  const which = 'id' in uri ? `PropertyId="${uri.id}"` : `PropertyName="${escapeAttribute(uri.name)}"`;
  return `<t:ExtendedFieldURI ${set} ${which} ${type}/>`;
}

export function shapeXml(kind: 'ItemShape' | 'FolderShape', options: ShapeOptions): string {
  const additional = [
    ...(options.fields ?? []).map((uri) => `<t:FieldURI FieldURI="${uri}"/>`),
    ...(options.properties ?? []).map(propertyUriXml),
  ].join('');
  return (
    `<m:${kind}><t:BaseShape>${options.base ?? 'IdOnly'}</t:BaseShape>` +
    (options.mime ? '<t:IncludeMimeContent>true</t:IncludeMimeContent>' : '') +
    (additional === '' ? '' : `<t:AdditionalProperties>${additional}</t:AdditionalProperties>`) +
    `</m:${kind}>`
  );
}

export interface ShapeOptions {
  base?: 'IdOnly' | 'AllProperties';
  mime?: boolean;
  fields?: readonly string[];
  properties?: readonly PropertyUri[];
}
