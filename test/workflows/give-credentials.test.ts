import { randomUUID } from 'node:crypto';
import { Types } from 'mongoose';
import { listAudit } from '../../src/models/audit-log';
import { BulkActions, type BulkActionDocument } from '../../src/models/bulk-actions';
import { Connectors } from '../../src/models/connectors';
import { credentialOwner, Credentials } from '../../src/models/credentials';
import type { MailUser } from '../../src/models/mail-users';
import { giveStart, signals, workflowTypes } from '../../workflows/messages';
import { bulkActionId } from '../../workflows/names';
import { administrator, House, quickTimes } from './house';
import { unreachable } from './mail-servers';
import { recordHistory } from './record-histories';

let house: House;
beforeAll(async () => {
  house = await House.open();
  await house.startWorker();
  await house.startGate();
});
afterAll(() => house.close());
afterEach(() => {
  house.servers.beforeOpen = () => undefined;
});

/** As the web does it: one sealed password for each, which waits for its turn. */
async function give(
  gifts: readonly { row: MailUser; password: string }[],
  change: Partial<BulkActionDocument> = {},
): Promise<BulkActionDocument> {
  const bulkId = randomUUID();
  const takenAt = new Date();
  for (const { row, password } of gifts) {
    const mailUserId = row._id.toHexString();
    const owner = credentialOwner(row, 'source');
    await Credentials.create({
      _id: new Types.ObjectId(),
      owner: { kind: 'bulk', id: bulkId },
      mailUserId,
      side: 'source',
      sealed: await house.seal({ kind: 'password', userName: row.source.address, password }, owner),
      takenAt,
      destroyAt: new Date(takenAt.getTime() + 86_400_000),
    });
  }
  const ids = gifts.map(({ row }) => row._id.toHexString());
  await BulkActions.create({
    _id: bulkId,
    action: 'giveCredentials',
    selection: { kind: 'ids', ids },
    by: administrator,
    createdAt: takenAt,
    ...change,
  });
  // A server that is away is tried for longer than a busy machine takes for all of them.
  const times = { ...quickTimes, verifyForMs: 300_000 };
  const input = { bulkId, by: administrator, times };
  await house.client.workflow.execute(workflowTypes.giveCredentials, giveStart(input));
  await recordHistory(house, bulkActionId(bulkId), 'give-credentials');
  expect(await Credentials.countDocuments({ 'owner.id': bulkId })).toBe(0);
  return BulkActions.findById(bulkId).orFail().lean<BulkActionDocument>();
}

async function rows(count: number): Promise<MailUser[]> {
  const made = [];
  for (let n = 0; n < count; n += 1) made.push(await house.row({ invitation: 'none' }));
  return made;
}

const triedFor = (row: MailUser) =>
  house.servers.tried.filter((line) => line.startsWith(`source ${row.source.address} `)).length;

describe('giveCredentials', () => {
  it('stops after three refusals in a row and names them; who follows is not tried, and his password is destroyed', async () => {
    const all = await rows(6);
    const done = await give(all.map((row) => ({ row, password: 'mistyped' })));
    expect(done).toMatchObject({ total: 6, done: 0, refused: 3, finishedAt: expect.any(Date) });
    expect(done.refusedInRow?.map(({ address }) => address)).toEqual(
      all.slice(0, 3).map(({ source }) => source.address),
    );
    expect(done.refusals.map(({ reason }) => reason)).toEqual(Array(3).fill('signInRefused'));
    expect(all.map(triedFor)).toEqual([1, 1, 1, 0, 0, 0]);
    for (const row of all.slice(3)) expect((await house.read(row)).asked).toEqual({ credentialIds: [] });
    for (const row of all.slice(0, 3)) await house.handle(row).signal(signals.stop, { by: administrator });
    for (const row of all.slice(0, 3)) await house.untilEnded(row);
  });

  it('goes on past single refusals, servers that do not answer and users who need none, and begins anew what has ended', async () => {
    const all = await rows(6);
    const [away, ended, moved] = [all[2], all[3], all[4]] as [MailUser, MailUser, MailUser];
    for (const row of [ended, moved]) {
      await house.sendForm(row);
      if (row === ended) await house.handle(row).signal(signals.stop, { by: administrator });
      await house.untilEnded(row);
      await house.handle(row).result();
    }
    await Connectors.updateOne(
      { _id: ended.source.connectorId },
      { $set: { 'signIn.invitation': 'source' } },
    );
    house.servers.beforeOpen = (_side, address) => {
      if (address === away.source.address) throw unreachable();
    };
    const wrong = [1, 5];
    const done = await give(
      all.map((row, n) => ({ row, password: wrong.includes(n) ? 'mistyped' : house.servers.password })),
    );
    expect(done).toMatchObject({
      done: 3,
      unchanged: 1,
      refused: 2,
      askedForRest: 1,
      finishedAt: expect.any(Date),
    });
    expect(done.refusedInRow?.map(({ address }) => address)).toEqual([all[5]?.source.address]);
    expect((await house.read(all[0] as MailUser)).projection?.signedIn).toEqual(['source']);
    expect((await house.read(ended)).projection).toMatchObject({ epoch: 2, signedIn: ['source'] });
    expect((await house.read(away)).projection?.state).toBe('verifying');
    expect((await house.read(moved)).projection?.state).toBe('completed');
    const [line] = await listAudit(1, { mailUserId: ended._id.toHexString() });
    expect(line).toMatchObject({ action: 'credentialsGiven', by: administrator, bulkId: done._id });
    for (const row of all.filter((each) => each !== moved)) {
      await house.handle(row).signal(signals.stop, { by: administrator });
      await house.untilEnded(row);
    }
  });

  it('gives nobody else anything once somebody has stopped it', async () => {
    const [row] = (await rows(1)) as [MailUser];
    const stopAsked = { by: administrator, at: new Date() };
    const done = await give([{ row, password: house.servers.password }], { stopAsked });
    expect(done).toMatchObject({ done: 0, refused: 0, finishedAt: expect.any(Date) });
    expect(triedFor(row)).toBe(0);
  });
});
