import { queryOfSelection, type MailUserSelection } from './mail-user-filter';
import { MailUsers } from './mail-users';

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
