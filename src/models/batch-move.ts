import { queryOfSelection, type MailUserSelection } from './mail-user-filter';
import { MailUsers, type MailUser } from './mail-users';

/**
 * Puts a selection into a batch. Repeating it moves nobody.
 * @returns how many were in another one
 */
export async function moveToBatch(selection: MailUserSelection, batch: string): Promise<number> {
  const moved = await MailUsers.updateMany(
    { $and: [queryOfSelection(selection), { batch: { $ne: batch } }] },
    { $set: { batch } },
  );
  return moved.modifiedCount;
}

/** The batches that rows are in now, by id; ids of no row are left out. */
export async function batchesOf(mailUserIds: readonly string[]): Promise<Map<string, string>> {
  const rows = await MailUsers.find(queryOfSelection({ kind: 'ids', ids: [...mailUserIds] }), {
    batch: 1,
  }).lean<Pick<MailUser, '_id' | 'batch'>[]>();
  return new Map(rows.map(({ _id, batch }) => [_id.toHexString(), batch]));
}
