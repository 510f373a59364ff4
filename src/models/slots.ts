import { Schema, model } from 'mongoose';
import { versioned } from './schema-version';

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
  },
  { collection: 'slots', versionKey: false },
);

schema.plugin(versioned);
export const Slots = model<SlotDocument>('Slot', schema);

/**
 * How many wait for the same connectors, this one included, among those that asked before it; 0 where it has its slots and waits for a
 * worker with room, `undefined` where it asks for none.
 */
export async function placeInQueue(mailUserId: string): Promise<number | undefined> {
  const slot = await Slots.findById(mailUserId).lean<SlotDocument>();
  if (slot === null) return undefined;
  if (slot.grantedAt !== undefined) return 0;
  const { sourceConnectorId, targetConnectorId, since } = slot;
  const before = { ...ofPair({ sourceConnectorId, targetConnectorId }), since: { $lt: since } };
  return (await Slots.countDocuments(before)) + 1;
}

/** Places in a queue are told up to this one. */
export const lastPlaceTold = 1_000;

/** The places of many at once, as `placeInQueue`; one more than the last that is told stands for all behind it. */
export async function placesInQueue(mailUserIds: readonly string[]): Promise<Map<string, number>> {
  const asked = { _id: { $in: [...mailUserIds] } };
  const slots = mailUserIds.length === 0 ? [] : await Slots.find(asked).lean<SlotDocument[]>();
  const places = new Map(
    slots.map(({ _id, grantedAt }) => [_id, grantedAt === undefined ? lastPlaceTold + 1 : 0]),
  );
  const waiting = slots.filter(({ grantedAt }) => grantedAt === undefined);
  const pairs = new Map(waiting.map((slot) => [`${slot.sourceConnectorId} ${slot.targetConnectorId}`, slot]));
  for (const pair of pairs.values()) {
    const queue = await Slots.find(ofPair(pair), { _id: 1 })
      .sort({ since: 1 })
      .limit(lastPlaceTold)
      .lean<{ _id: string }[]>();
    queue.forEach(({ _id }, index) => places.has(_id) && places.set(_id, index + 1));
  }
  return places;
}

/** Those that wait for slots of the same connectors. */
function ofPair({
  sourceConnectorId,
  targetConnectorId,
}: Pick<SlotDocument, 'sourceConnectorId' | 'targetConnectorId'>) {
  return { sourceConnectorId, targetConnectorId, grantedAt: { $exists: false } };
}

/**
 * Asks for slots, or says again that this ticket waits. A newer ticket of the same mail user takes the place of an older one.
 * @returns whether the ticket has its slots already, and whether it asks for the first time
 */
export async function askForSlot(
  asked: Omit<SlotDocument, 'seenAt' | 'grantedAt' | 'toldAt' | 'takenAt'>,
  now: Date,
): Promise<{ granted: boolean; isNew: boolean }> {
  const { _id, ticket } = asked;
  const seen = await Slots.findOneAndUpdate({ _id, ticket }, { $set: { seenAt: now } }).lean<SlotDocument>();
  if (seen !== null) return { granted: seen.grantedAt !== undefined, isNew: false };
  await Slots.replaceOne({ _id }, { ...asked, seenAt: now }, { upsert: true });
  return { granted: false, isNew: true };
}

/** @returns whether the ticket has its slots; then the gate no longer tells it so */
export async function takeSlot(mailUserId: string, ticket: string, now: Date): Promise<boolean> {
  const slot = await Slots.findById(mailUserId).lean<SlotDocument>();
  if (slot === null || slot.ticket !== ticket || slot.grantedAt === undefined) return false;
  const taken = await Slots.updateOne({ _id: mailUserId, ticket }, { $set: { takenAt: now } });
  return taken.matchedCount === 1;
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
