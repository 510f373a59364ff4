import { randomUUID } from 'node:crypto';
import { Schema, Types, model } from 'mongoose';
import { queryOf, type MailUserFilter } from './mail-user-filter';
import { MailUsers, type MailUser } from './mail-users';
import { versioned } from './schema-version';

/** A part of those whom a bulk action is for, in the order of their ids. */
interface BulkRowsDocument {
  _id: string;
  bulkId: string;
  /** Of one noting; what was noted under another one is not meant. */
  mark: string;
  /** The last of `ids`. */
  last: string;
  ids: string[];
}

const schema = new Schema<BulkRowsDocument>(
  {
    _id: { type: String, required: true },
    bulkId: { type: String, required: true },
    mark: { type: String, required: true },
    last: { type: String, required: true },
    ids: { type: [String], required: true },
  },
  { collection: 'bulkRows', versionKey: false },
);
schema.index({ mark: 1, last: 1 });
schema.index({ bulkId: 1 });
schema.plugin(versioned);
const BulkRows = model<BulkRowsDocument>('BulkRows', schema);

const idsInPart = 1_000;

/**
 * Notes who matches a filter now, so that a bulk action is for these whatever becomes of them while it goes on.
 * @param range ids above the first (exclusive; all where it is absent) and below the second
 * @returns under which mark, and how many they are
 */
export async function noteBulkRows(
  bulkId: string,
  filter: MailUserFilter,
  { above, below }: { above: string | undefined; below: Types.ObjectId },
): Promise<{ mark: string; count: number }> {
  const mark = randomUUID();
  const ids = { ...(above === undefined ? {} : { $gt: new Types.ObjectId(above) }), $lt: below };
  const matching = MailUsers.find({ $and: [queryOf(filter), { _id: ids }] }, { _id: 1 })
    .sort({ _id: 1 })
    .lean<Pick<MailUser, '_id'>[]>()
    .cursor();
  let count = 0;
  let part: string[] = [];
  const write = async () => {
    const last = part.at(-1);
    if (last === undefined) return;
    await BulkRows.create({ _id: `${mark}-${last}`, bulkId, mark, last, ids: part });
    count += part.length;
    part = [];
  };
  for await (const { _id } of matching as AsyncIterable<Pick<MailUser, '_id'>>) {
    part.push(_id.toHexString());
    if (part.length === idsInPart) await write();
  }
  await write();
  return { mark, count };
}

/** The next of them, in the order of their ids; fewer than `most` only where no more follow. */
export async function nextBulkRows(mark: string, above: string, most: number): Promise<string[]> {
  const parts = await BulkRows.find({ mark, last: { $gt: above } })
    .sort({ last: 1 })
    .limit(1 + Math.ceil(most / idsInPart))
    .lean<BulkRowsDocument[]>();
  return parts
    .flatMap(({ ids }) => ids)
    .filter((id) => id > above)
    .slice(0, most);
}

/** For a bulk action that goes no further. */
export async function forgetBulkRows(bulkId: string): Promise<void> {
  await BulkRows.deleteMany({ bulkId });
}
