import { randomUUID } from 'node:crypto';
import { AuditLog } from '../../src/models/audit-log';
import { notePair } from '../../src/models/copy-report';
import { releasePair } from '../../src/models/ledger-purge';
import { Folders, Pairs, Parcels } from '../../src/models/ledger-store';
import { MailUsers, type MailUser } from '../../src/models/mail-users';
import { purgeReports } from '../../src/models/report-retention';
import { workflowTypes } from '../../workflows/messages';
import { mainQueue } from '../../workflows/names';
import { House, quickTimes } from './house';

let house: House;
beforeAll(async () => {
  house = await House.open();
  await house.startWorker();
  await house.startGate();
});
afterAll(() => house.close());

const day = 24 * 3_600_000;
const items = 12;

async function moved(row: MailUser): Promise<MailUser> {
  house.servers.fill(row.source.address, 2, items / 2);
  await house.sendForm(row);
  return ended(row);
}

/** As it stands once its workflow writes nothing more. */
async function ended(row: MailUser): Promise<MailUser> {
  await house.handle(row).result();
  return house.read(row);
}

/** What the ledger holds of a pair. */
async function ledgerOf(pairId: string | undefined) {
  const folders = await Folders.find({ pairId }).lean<{ _id: string }[]>();
  return {
    pairs: await Pairs.countDocuments({ _id: pairId }),
    folders: folders.length,
    parcels: await Parcels.countDocuments({ pairId }),
  };
}
const nothing = { pairs: 0, folders: 0, parcels: 0 };
const purge = (until: Date) => purgeReports({ until, now: new Date(), most: 100 });
const endOf = ({ projection }: MailUser): Date => projection?.endedAt ?? new Date(NaN);

describe('the report of a migration', () => {
  it('is kept for its time and then deleted with its ledger; the row says when, and how many items there were', async () => {
    const row = await moved(await house.row());
    expect(await purge(new Date(endOf(row).getTime() - 1))).toBe(0);
    expect(await ledgerOf(row.pairId)).toMatchObject({ pairs: 1, folders: 2 });
    expect(await purge(endOf(row))).toBe(1);
    expect(await ledgerOf(row.pairId)).toEqual(nothing);
    const left = await house.read(row);
    expect(left).toMatchObject({
      reportPurgedAt: expect.any(Date),
      counters: { copied: items },
      projection: { state: 'completed', endedAt: endOf(row) },
    });
    expect(left.pairId).toBeUndefined();
    expect(left.projection?.summary).toBeUndefined();
    const audited = { mailUserId: row._id.toHexString(), action: 'reportPurged' } as const;
    expect(await AuditLog.find(audited).lean()).toMatchObject([
      { by: { kind: 'system' }, subject: row.source.address },
    ]);
    expect(await purge(new Date())).toBe(0);
  });

  it('is deleted by reconcile, and a start after it puts nothing twice', async () => {
    const row = await moved(await house.row());
    await MailUsers.updateOne(
      { _id: row._id },
      { $set: { 'projection.endedAt': new Date(Date.now() - 366 * day) } },
    );
    await house.client.workflow.execute(workflowTypes.reconcile, {
      workflowId: `reconcile-${randomUUID()}`,
      taskQueue: mainQueue,
      args: [{ times: quickTimes, orphanedMs: 100 }],
    });
    expect(await ledgerOf(row.pairId)).toEqual(nothing);
    await house.start(row);
    for (const side of ['source', 'target'] as const) await house.signIn(row, side);
    const again = await ended(row);
    expect(again).toMatchObject({ counters: { copied: 0, alreadyThere: items }, pairId: row.pairId });
    expect(house.servers.countItems('target', row.target.address)).toBe(items);
  });

  it('stays while another row has the same two mailboxes and its own time is not over', async () => {
    const first = await moved(await house.row());
    const twin = await house.row();
    const { address, addressKey } = first.source;
    const target = { 'target.address': first.target.address, 'target.addressKey': first.target.addressKey };
    await MailUsers.updateOne(
      { _id: twin._id },
      { $set: { 'source.address': address, 'source.addressKey': addressKey, ...target } },
    );
    await house.sendForm(await house.read(twin));
    const second = await ended(twin);
    expect(second.pairId).toBe(first.pairId);
    await purge(new Date(endOf(second).getTime() - 1));
    expect((await house.read(first)).reportPurgedAt).toBeDefined();
    expect(await ledgerOf(first.pairId)).toMatchObject({ pairs: 1, folders: 2 });
    await purge(endOf(second));
    expect(await ledgerOf(first.pairId)).toEqual(nothing);
  });

  it('of a target that was replaced goes after its time, and another row with the same mailboxes keeps it', async () => {
    const [alone, shared, twin] = [await house.row(), await house.row(), await house.row()];
    const idOf = ({ _id }: MailUser) => _id.toHexString();
    for (const pairId of ['alone', 'shared']) await Pairs.create({ _id: pairId, fence: 1 });
    await notePair(idOf(alone), 'alone', new Date());
    for (const row of [shared, twin]) await notePair(idOf(row), 'shared', new Date());
    const replacedAt = new Date();
    await notePair(idOf(alone), 'alone', replacedAt);
    await purge(replacedAt);
    expect(await ledgerOf('alone')).toMatchObject({ pairs: 1 });
    for (const row of [alone, shared]) await notePair(idOf(row), `${idOf(row)} replaced`, replacedAt);
    await purge(new Date(replacedAt.getTime() - 1));
    expect(await ledgerOf('alone')).toMatchObject({ pairs: 1 });
    await purge(replacedAt);
    expect(await ledgerOf('alone')).toEqual(nothing);
    expect(await ledgerOf('shared')).toMatchObject({ pairs: 1 });
  });

  it('of a row that was deleted leaves its ledger for as long, unless the mailboxes are listed again', async () => {
    const [gone, back] = [await moved(await house.row()), await moved(await house.row())];
    const deletedAt = new Date(endOf(back).getTime() + 1000);
    for (const { pairId } of [gone, back]) await releasePair(pairId, deletedAt);
    await MailUsers.deleteOne({ _id: gone._id });
    await MailUsers.updateOne({ _id: back._id }, { $unset: { 'projection.endedAt': '' } });
    await purge(new Date(deletedAt.getTime() - 1));
    expect(await ledgerOf(gone.pairId)).toMatchObject({ pairs: 1 });
    await purge(deletedAt);
    expect(await ledgerOf(gone.pairId)).toEqual(nothing);
    expect(await ledgerOf(back.pairId)).toMatchObject({ pairs: 1 });
  });
});
