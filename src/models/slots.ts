import { Schema, model } from 'mongoose';
import { countBy, fairPlaces, queuesOf, turnsAfter, type Waiting } from '../domain/fair-order';
import { throttleLeftMs } from '../domain/connector-wait';
import { batchesOf } from './batch-move';
import { Connectors, type ConnectorDocument } from './connectors';
import { queryOfSelection } from './mail-user-filter';
import { MailUsers } from './mail-users';
import { versioned } from './schema-version';
import { roomOfWorkers } from './worker-rooms';

/**
 * A mail user that waits for a slot of both its connectors, or has them. The collection holds only these, so that the gate reads it
 * whole whatever the list's length.
 */
export interface SlotDocument {
  /** The mail user's id. */
  _id: string;
  /** One asking; another asking of the same mail user replaces it. */
  ticket: string;
  epoch: number;
  sourceConnectorId: string;
  targetConnectorId: string;
  /** Since when its turn counts: when the pass at hand first asked. */
  since: Date;
  /** When the workflow last said that it waits. */
  seenAt: Date;
  /** Set by the gate: it holds a slot of both connectors. */
  grantedAt?: Date;
  /** When the workflow was last told. */
  toldAt?: Date;
  /** Set by the workflow: it knows. */
  takenAt?: Date;
  /** Set when a worker has room for its mailboxes, until it asks for a worker again. Workers of 0.2.0 and before do not set it. */
  begunAt?: Date;
  /** The latest opening for which a worker had room; kept when it asks for a worker again. */
  opening?: number;
}

const schema = new Schema<SlotDocument>(
  {
    _id: { type: String, required: true },
    ticket: { type: String, required: true },
    epoch: { type: Number, required: true },
    sourceConnectorId: { type: String, required: true },
    targetConnectorId: { type: String, required: true },
    since: { type: Date, required: true },
    seenAt: { type: Date, required: true },
    grantedAt: Date,
    toldAt: Date,
    takenAt: Date,
    begunAt: Date,
    opening: Number,
  },
  { collection: 'slots', versionKey: false },
);

schema.plugin(versioned);
export const Slots = model<SlotDocument>('Slot', schema);

/** Those that have their slots and stand in line for a worker with room, first or again. */
export async function inLine(): Promise<SlotDocument[]> {
  const unbegun = await Slots.find({ grantedAt: { $exists: true }, begunAt: { $exists: false } }).lean<
    SlotDocument[]
  >();
  const first = unbegun.filter(({ opening }) => opening === undefined);
  if (first.length === 0) return unbegun;
  const rows = queryOfSelection({ kind: 'ids', ids: first.map(({ _id }) => _id) });
  // A worker of the release before says by this alone that it has begun.
  const atWork = await MailUsers.find({ ...rows, 'projection.state': 'working' }, { _id: 1 }).lean();
  const begun = new Set(atWork.map(({ _id }) => _id.toHexString()));
  return unbegun.filter(({ _id, opening }) => opening !== undefined || !begun.has(_id));
}

/** As the fair order takes somebody who waits. */
export function waitingOf(
  { _id, since, sourceConnectorId, targetConnectorId }: SlotDocument,
  batch: string,
): Waiting {
  return { id: _id, batch, since: since.getTime(), sourceConnectorId, targetConnectorId };
}

/**
 * The places of all that ask for slots, by mail user, each among those who wait before the same hindrance: workers that are full hold up
 * everybody, connectors that are full those who come through them (see `queuesOf`). 0 has its slots and waits for a worker with room.
 */
export async function placesInQueue(now: Date): Promise<Map<string, number>> {
  const all = await Slots.find().lean<SlotDocument[]>();
  const held = all
    .flatMap((slot) => (slot.grantedAt === undefined ? [] : [{ slot, at: slot.grantedAt.getTime() }]))
    .sort((a, b) => a.at - b.at)
    .map(({ slot }) => slot);
  const asking = all.filter(({ grantedAt }) => grantedAt === undefined);
  const places = new Map(held.map(({ _id }) => [_id, 0]));
  if (asking.length === 0) return places;
  const batches = await batchesOf(all.map(({ _id }) => _id));
  const batchOf = ({ _id }: SlotDocument) => batches.get(_id) ?? '';
  const heldInTurn = held.map(batchOf);
  // Whose turn it was before those that hold slots now only the gate knows.
  const order = { heldByBatch: countBy(heldInTurn), turns: turnsAfter([], heldInTurn) };
  const waiting = asking.map((slot) => waitingOf(slot, batchOf(slot)));
  const [{ length }, { free }] = [await inLine(), await roomOfWorkers()];
  const queues = queuesOf(waiting, await fullConnectors(held, now), free <= length);
  for (const queue of queues) for (const [id, place] of fairPlaces(queue, order)) places.set(id, place);
  return places;
}

/** Tells of a connector whether it has no slot to give now: all are held, its server has everybody wait, or it is gone. */
async function fullConnectors(
  held: readonly SlotDocument[],
  now: Date,
): Promise<(connectorId: string) => boolean> {
  const used = countBy(held.flatMap((slot) => [slot.sourceConnectorId, slot.targetConnectorId]));
  const connectors = await Connectors.find({}, { mailboxesAtOnce: 1, throttled: 1 }).lean<
    ConnectorDocument[]
  >();
  const open = connectors.flatMap(({ _id, mailboxesAtOnce, throttled }) => {
    const id = _id.toHexString();
    return (used.get(id) ?? 0) < mailboxesAtOnce && throttleLeftMs(throttled, now) === 0 ? [id] : [];
  });
  const known = new Set(open);
  return (connectorId) => !known.has(connectorId);
}

/**
 * Asks for slots, or says again that this ticket waits. A newer ticket of the same mail user takes the place of an older one.
 * @returns whether the ticket has its slots already, and whether it asks for the first time
 */
export async function askForSlot(
  asked: Omit<SlotDocument, 'seenAt' | 'grantedAt' | 'toldAt' | 'takenAt' | 'begunAt' | 'opening'>,
  now: Date,
): Promise<{ granted: boolean; isNew: boolean }> {
  const { _id, ticket } = asked;
  const seen = await Slots.findOneAndUpdate({ _id, ticket }, { $set: { seenAt: now } }).lean<SlotDocument>();
  if (seen !== null) return { granted: seen.grantedAt !== undefined, isNew: false };
  await Slots.replaceOne({ _id }, { ...asked, seenAt: now }, { upsert: true });
  return { granted: false, isNew: true };
}

/**
 * Says that this ticket has its slots and asks for a worker with room.
 * @param opening where it asks again: the opening that it asks for. Once that has begun it changes nothing
 * @returns whether it has them; then the gate no longer tells it so
 */
export async function takeSlot(
  mailUserId: string,
  ticket: string,
  now: Date,
  opening?: number,
): Promise<boolean> {
  const own = { _id: mailUserId, ticket };
  const taken = await Slots.updateOne({ ...own, grantedAt: { $exists: true } }, { $set: { takenAt: now } });
  if (taken.matchedCount === 0) return false;
  if (opening !== undefined)
    await Slots.updateOne({ ...own, opening: { $lt: opening } }, { $unset: { begunAt: 1 } });
  return true;
}

/** Its worker gives this opening up: it stands in line for another worker before it asks. Harmless when repeated, or once another has begun. */
export async function noteGivenUp(mailUserId: string, epoch: number, opening: number): Promise<void> {
  await Slots.updateOne({ _id: mailUserId, epoch, opening }, { $unset: { begunAt: 1 } });
}

/**
 * Gives back what this ticket has or waits for; harmless when repeated, and never another ticket's.
 * @returns whether slots are free now that it held
 */
export async function releaseSlot(mailUserId: string, ticket: string): Promise<boolean> {
  const released = await Slots.findOneAndDelete({ _id: mailUserId, ticket }).lean<SlotDocument>();
  return released?.grantedAt !== undefined;
}

/** @returns false where the ticket no longer waits */
export async function grantSlot(mailUserId: string, ticket: string, now: Date): Promise<boolean> {
  const granted = await Slots.updateOne(
    { _id: mailUserId, ticket, grantedAt: { $exists: false } },
    { $set: { grantedAt: now, toldAt: now } },
  );
  return granted.modifiedCount === 1;
}

/**
 * Notes that a worker has room for this opening of a mail user that has its slots; harmless when repeated, or once a later one has begun.
 * @returns whether nobody had noted it before
 */
export async function noteBegun(
  mailUserId: string,
  epoch: number,
  opening: number,
  now: Date,
): Promise<boolean> {
  const noted = await Slots.updateOne(
    {
      _id: mailUserId,
      epoch,
      grantedAt: { $exists: true },
      $or: [{ opening: { $exists: false } }, { opening: { $lt: opening } }],
    },
    { $set: { begunAt: now, opening } },
  );
  return noted.modifiedCount === 1;
}
