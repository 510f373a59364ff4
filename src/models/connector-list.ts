import type { Types } from 'mongoose';
import type { Side } from '../domain/mailbox';
import { ConnectorChecks, type ConnectorCheck } from './connector-checks';
import { Connectors, type ConnectorDocument } from './connectors';
import { MailUsers } from './mail-users';

/** Every connector of a side, by name. There are few. */
export async function listConnectors(side?: Side): Promise<ConnectorDocument[]> {
  return Connectors.find(side === undefined ? {} : { side })
    .sort({ name: 1, _id: 1 })
    .lean<ConnectorDocument[]>();
}

/** How many mail users a connector has. */
export async function countUsersOf({ side, _id }: Pick<ConnectorDocument, 'side' | '_id'>): Promise<number> {
  return MailUsers.countDocuments({ [`${side}.connectorId`]: _id });
}

/**
 * Deletes a connector that no mail user has, together with its checks.
 * @returns false where somebody has it or it is gone
 */
export async function deleteUnusedConnector(
  connector: Pick<ConnectorDocument, 'side' | '_id'>,
): Promise<boolean> {
  if ((await countUsersOf(connector)) > 0) return false;
  const deleted = await Connectors.deleteOne({ _id: connector._id, side: connector.side });
  await ConnectorChecks.deleteMany({ connectorId: connector._id.toHexString() });
  return deleted.deletedCount === 1;
}

/** The newest **Test connection**; `undefined` before the first. */
export async function newestCheck(connectorId: Types.ObjectId): Promise<ConnectorCheck | undefined> {
  const check = await ConnectorChecks.findOne({ connectorId: connectorId.toHexString() })
    .sort({ askedAt: -1 })
    .lean<ConnectorCheck>();
  return check ?? undefined;
}
