import type { EwsError } from '../errors';
import { escapeAttribute, escapeText } from '../xml/escape';
import { NAMESPACES } from '../xml/element';

/** Exchange Server 2019, cumulative update 14. */
export const SERVER_VERSION = {
  MajorVersion: '15',
  MinorVersion: '2',
  MajorBuildNumber: '1544',
  MinorBuildNumber: '4',
  Version: 'V2017_07_11',
};

const SCHEMA_VERSIONS = new Set([
  'Exchange2007',
  'Exchange2007_SP1',
  'Exchange2010',
  'Exchange2010_SP1',
  'Exchange2010_SP2',
  'Exchange2013',
  'Exchange2013_SP1',
  'Exchange2015',
  'Exchange2016',
  'V2015_10_05',
  'V2016_01_06',
  'V2016_04_13',
  'V2016_07_13',
  'V2016_10_10',
  'V2017_01_07',
  'V2017_04_14',
  'V2017_07_11',
]);

export function isSchemaVersion(version: string): boolean {
  return SCHEMA_VERSIONS.has(version);
}

const versionHeader = `<h:ServerVersionInfo ${Object.entries(SERVER_VERSION)
  .map(([name, value]) => `${name}="${value}"`)
  .join(
    ' ',
  )} xmlns:h="${NAMESPACES.t}" xmlns="${NAMESPACES.t}" xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"/>`;

const opening = `<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="${NAMESPACES.s}"><s:Header>${versionHeader}</s:Header><s:Body xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema">`;
const closing = '</s:Body></s:Envelope>';

/** `GetItem` answers GetItemResponse, `GetUserOofSettingsRequest` GetUserOofSettingsResponse. */
function responseName(operation: string): string {
  return `m:${operation.replace(/Request$/, '')}Response`;
}

export function openEnvelope(operation: string): string {
  return `${opening}<${responseName(operation)} xmlns:m="${NAMESPACES.m}" xmlns:t="${NAMESPACES.t}">`;
}

export function closeEnvelope(operation: string): string {
  return `</${responseName(operation)}>${closing}`;
}

/** A SOAP fault as Exchange writes it; what its values name stands in t:MessageXml. */
export function faultEnvelope(error: EwsError): string {
  const values = Object.entries(error.values);
  const xml = values
    .map(([name, value]) => `<t:Value Name="${escapeAttribute(name)}">${escapeText(value)}</t:Value>`)
    .join('');
  const messageXml = values.length > 0 ? `<t:MessageXml xmlns:t="${NAMESPACES.t}">${xml}</t:MessageXml>` : '';
  return (
    `${opening}<s:Fault><faultcode xmlns:a="${NAMESPACES.t}">a:${error.code}</faultcode><faultstring xml:lang="en-US">${escapeText(error.message)}</faultstring>` +
    `<detail><e:ResponseCode xmlns:e="${NAMESPACES.e}">${error.code}</e:ResponseCode><e:Message xmlns:e="${NAMESPACES.e}">${escapeText(error.message)}</e:Message>${messageXml}</detail></s:Fault>${closing}`
  );
}
