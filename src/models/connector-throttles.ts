import { Types } from 'mongoose';
import type { ConnectorThrottle } from '../domain/connector-wait';
import { Connectors, type ConnectorDocument } from './connectors';

/** What servers asked of which connectors, by connector id; also what is over by now. */
export async function readThrottles(): Promise<Map<string, ConnectorThrottle>> {
  const all = await Connectors.find({}, { throttled: 1 }).lean<
    Pick<ConnectorDocument, '_id' | 'throttled'>[]
  >();
  return new Map(
    all.flatMap(({ _id, throttled }) => (throttled === undefined ? [] : [[_id.toHexString(), throttled]])),
  );
}

/**
 * Writes what a server asked for, unless a wait that ends later stands there. Harmless when repeated.
 * @param replaces the end of a wait that is known to leave less time than this one, whatever the clock of whoever wrote it
 */
export async function noteThrottle(
  connectorId: string,
  throttled: ConnectorThrottle,
  replaces?: Date,
): Promise<void> {
  await Connectors.updateOne(
    {
      _id: new Types.ObjectId(connectorId),
      $or: [
        { throttled: { $exists: false } },
        { 'throttled.until': { $lt: throttled.until } },
        ...(replaces === undefined ? [] : [{ 'throttled.until': replaces }]),
      ],
    },
    { $set: { throttled } },
  );
}
