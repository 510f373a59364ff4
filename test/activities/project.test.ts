import { MockActivityEnvironment } from '@temporalio/testing';
import { Types } from 'mongoose';
import { createProject, type ProjectInput } from '../../activities/project';
import { noCounters } from '../../src/domain/item-counts';
import { noMailboxCounters } from '../../src/domain/migration';
import { ByteBudget } from '../../src/engine/byte-budget';
import { MongoLedgerStore } from '../../src/models/ledger-store';
import { MailUsers, type MailUser } from '../../src/models/mail-users';
import { raiseEpoch, takeCounters, writeCounters, type ProjectionView } from '../../src/models/projection';
import { freshDatabase, type FreshDatabase } from '../support/mongo';

let database: FreshDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.end());

const at = '2026-11-29T10:00:00.000Z';
const view: ProjectionView = {
  state: 'working',
  since: at,
  handledCredentialIds: [],
  signedIn: [],
  wanted: [],
};

describe('the end of a migration', () => {
  const mailbox = (address: string) => ({
    connectorId: new Types.ObjectId(),
    address,
    addressKey: address,
    recipientType: 'Standard' as const,
  });

  it('has the counters say what the ledger says, though who copied died before it wrote the last of them', async () => {
    const ledger = new MongoLedgerStore();
    const { _id } = await MailUsers.create({
      source: mailbox('a@contoso.example'),
      target: mailbox('a@fabrikam.example'),
      createdAt: new Date(),
      asked: { credentialIds: [] },
    });
    const mailUserId = _id.toHexString();
    await raiseEpoch(mailUserId, 'run', { by: { kind: 'system' }, at });
    const folder = { pairId: 'p', folderKey: 'inbox' };
    const plan = { position: 0, name: 'Inbox', folderClass: 'IPF.Note', itemCount: 12, gone: false };
    await ledger.takeFolder(folder, 1, plan);
    const stands = { ...noCounters, found: 10, copied: 9, failed: 1 };
    await ledger.writeFolder(folder, { fence: 1, writes: 1 }, { counters: stands });
    const write = { mailUserId, epoch: 1, opening: 3, activeFolders: ['inbox'] };
    const old = { ...noMailboxCounters, found: 4, copied: 4, folders: 1, remaining: 8 };
    await takeCounters({ ...write, counters: old }, new Date());
    const project = createProject({ ledger, keyMemory: new ByteBudget(16_000_000) });
    const end: ProjectInput = {
      ...{ mailUserId, epoch: 1, revision: 5, runId: 'run', view, timeline: [] },
      summarise: { pairId: 'p', opening: 4, whole: true },
    };
    await new MockActivityEnvironment().run(project, end);
    const counters = { found: 10, copied: 9, failed: 1, folders: 1, foldersDone: 1, remaining: 0 };
    const ended = { opening: 4, activeFolders: [], ...counters };
    expect((await MailUsers.findById(_id).lean<MailUser>())?.counters).toMatchObject(ended);
    expect(await writeCounters({ ...write, counters: old }, new Date())).toBe(false);
  });
});
