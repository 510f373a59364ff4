import { model, type Model } from 'mongoose';
import type { PairDocument } from '../engine/ledger';
import { MongoLedgerStore } from './ledger-store';

type StoredPair = Omit<PairDocument, 'pairId'> & { _id: string };

/** The replaced source that stopped this pair and that nobody has accepted yet; absent where there is none. */
export async function replacedSourceOf(pairId: string): Promise<string | undefined> {
  const { replacedInbox, acceptedInbox } = (await new MongoLedgerStore().pair(pairId)) ?? {};
  return replacedInbox === acceptedInbox ? undefined : replacedInbox;
}

/**
 * Notes that this source is the right mailbox though it was replaced. It holds for this one alone, and repeating it changes nothing.
 * @param seen what `replacedSourceOf` has answered
 * @returns false where it is another one meanwhile: nothing is written
 */
export async function acceptSource(pairId: string, seen: string): Promise<boolean> {
  const pairs = model('LedgerPair') as unknown as Model<StoredPair>;
  const accepted = await pairs.updateOne(
    { _id: pairId, replacedInbox: seen },
    { $set: { acceptedInbox: seen } },
    { writeConcern: { w: 'majority', j: true } },
  );
  return accepted.matchedCount === 1;
}
