import type { Response } from 'express';
import { throttleLeftMs } from '../../domain/connector-wait';
import type { Side } from '../../domain/mailbox';
import { Connectors, type ConnectorDocument } from '../../models/connectors';
import { countUsersOf, newestCheck } from '../../models/connector-list';
import type { WebDeps } from '../deps';
import { PageFault } from '../faults';
import { formView, type FieldFault, type Fields } from '../forms';
import { checkView } from './connector-checks';
import {
  certificatesOf,
  connectorChoices,
  defaultServerName,
  fieldsOfConnector,
  isOffice365,
} from './connector-form';
import { idOf } from './request';
import { startWindowChoices, startWindowShape } from './start-window-form';

export const base = (side: Side): string => `/admin/${side}s`;
export const frame = (side: Side): Record<string, unknown> => ({
  side,
  base: base(side),
  ...connectorChoices(side),
});

/** Until when its server asked everybody to wait; `undefined` where that is over. */
export function waitsUntil({ throttled }: ConnectorDocument): Date | undefined {
  return throttleLeftMs(throttled, new Date()) > 0 ? throttled?.until : undefined;
}

export async function findConnector(side: Side, id: string | undefined): Promise<ConnectorDocument> {
  const connector = await Connectors.findOne({ _id: idOf(id), side }).lean<ConnectorDocument>();
  if (connector === null) throw new PageFault('notFound');
  return connector;
}

export function showConnectorForm(
  response: Response,
  side: Side,
  fields: Fields,
  faults: readonly FieldFault[] = [],
  connector?: ConnectorDocument,
  more: Record<string, unknown> = {},
): void {
  const title =
    connector === undefined ? { title: `admin.connectors.${side}s.new` } : { titleText: connector.name };
  response.render('admin/connectors/form', {
    ...frame(side),
    ...formView(fields, faults),
    ...title,
    ...startWindowChoices(fields),
    connector,
    office365: isOffice365(fields['serverName'] ?? ''),
    defaultServerName,
    certificates: certificatesShown(connector),
    advancedOpen:
      faults.some(({ field }) => advancedFields.has(field)) ||
      Boolean(fields['certificateAuthority']) ||
      Boolean(fields['windowFrom']),
    ...more,
  });
}

const advancedFields = new Set([
  'connectionsPerMailbox',
  'mailboxesAtOnce',
  'certificateAuthority',
  ...Object.keys(startWindowShape),
]);

function certificatesShown(connector: ConnectorDocument | undefined): { subject: string; validTo: Date }[] {
  const pem = connector?.exchange.certificateAuthority;
  if (pem === undefined) return [];
  return certificatesOf(pem).map(({ subject, validTo }) => ({
    subject: subject.split('\n').join(', '),
    validTo: new Date(validTo),
  }));
}

export async function showConnector(
  deps: WebDeps,
  response: Response,
  connector: ConnectorDocument,
  fields: Fields = fieldsOfConnector(connector, deps.config.TIME_ZONE),
  faults: readonly FieldFault[] = [],
  more: Record<string, unknown> = {},
): Promise<void> {
  const [users, check] = await Promise.all([countUsersOf(connector), newestCheck(connector._id)]);
  const view = { users, check: checkView(check, connector), waitsUntil: waitsUntil(connector), ...more };
  showConnectorForm(response, connector.side, fields, faults, connector, view);
}
