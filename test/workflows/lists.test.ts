import { randomUUID } from 'node:crypto';
import { auditParts, listAudit } from '../../src/models/audit-log';
import { BulkActions, reopenBulkAction, type BulkActionDocument } from '../../src/models/bulk-actions';
import { ConnectorChecks } from '../../src/models/connector-checks';
import { Connectors, type ConnectorDocument } from '../../src/models/connectors';
import { Credentials } from '../../src/models/credentials';
import { ImportChunks, importChunkId, Imports, reopenImport, type ImportRow } from '../../src/models/imports';
import type { MailUserSelection } from '../../src/models/mail-user-filter';
import { MailUsers, type MailUser } from '../../src/models/mail-users';
import {
  bulkStart,
  checkStart,
  importStart,
  signals,
  workflowTypes,
  type ToldAction,
} from '../../workflows/messages';
import { bulkActionId, checkConnectorId, importId as importIdOf, mainQueue } from '../../workflows/names';
import { administrator, House, quickTimes } from './house';
import { recordHistory } from './record-histories';
import { planOf, signInBoth } from './settled-states';

let house: House;
beforeAll(async () => {
  house = await House.open();
  await house.startWorker();
  await house.startGate();
});
afterAll(() => house.close());

async function bulk(action: ToldAction, selection: MailUserSelection): Promise<BulkActionDocument> {
  const bulkId = randomUUID();
  await BulkActions.create({ _id: bulkId, action, selection, by: administrator, createdAt: new Date() });
  await house.client.workflow.execute(
    workflowTypes.bulkAction,
    bulkStart({ bulkId, action, by: administrator, times: quickTimes }),
  );
  await recordHistory(house, bulkActionId(bulkId), `bulk-${action}`);
  return (await BulkActions.findById(bulkId).lean<BulkActionDocument>()) as BulkActionDocument;
}

/** How long after its start a migration begins. */
async function backOffMs(row: MailUser): Promise<number> {
  const { events } = await house.handle(row).fetchHistory();
  const { firstWorkflowTaskBackoff: backOff } = events?.[0]?.workflowExecutionStartedEventAttributes ?? {};
  return Number(backOff?.seconds ?? 0) * 1000 + (backOff?.nanos ?? 0) / 1e6;
}

describe('bulkAction', () => {
  it('starts all that a filter matches once they are told, stops and deletes them, and counts what there was nothing to do for', async () => {
    const rows = [];
    for (let n = 0; n < 3; n += 1) rows.push(await house.row({ batch: 'bulk' }));
    await house.start(rows[0] as never);
    await house.until(rows[0] as never, 'emailSent');
    const filter = { kind: 'filter', filter: { batch: 'bulk' } } as const;
    expect(await bulk('start', filter)).toMatchObject({
      total: 3,
      done: 2,
      unchanged: 1,
      refused: 0,
      finishedAt: expect.any(Date),
    });
    expect(await backOffMs(rows[1] as never)).toBeGreaterThan(0);
    const { startedAt, beginsAt } = (await house.read(rows[1] as never)).asked;
    expect(Number(beginsAt) - Number(startedAt)).toBeCloseTo(await backOffMs(rows[1] as never), -1);
    for (const row of rows) await house.until(row, 'emailSent');
    expect(await bulk('delete', filter)).toMatchObject({ done: 0, refused: 3 });
    expect(await bulk('stop', filter)).toMatchObject({ done: 3 });
    for (const row of rows) {
      await house.untilEnded(row);
      await house.handle(row).result();
    }
    expect(await bulk('delete', filter)).toMatchObject({ done: 3 });
    expect(await MailUsers.countDocuments({ batch: 'bulk' })).toBe(0);
  });

  it('tells each row’s page who did what, once however often a part is repeated, and the log in one line', async () => {
    const row = await house.row();
    await house.start(row);
    await house.until(row, 'emailSent');
    const mailUserId = row._id.toHexString();
    const { _id: bulkId, createdAt } = await bulk('pause', { kind: 'ids', ids: [mailUserId] });
    const line = { at: createdAt, by: administrator, action: 'paused', bulkId, subject: row.source.address };
    expect(await listAudit(10, { mailUserId })).toMatchObject([line]);
    const what = { name: bulkId, at: createdAt, by: administrator, bulkId, action: 'paused' } as const;
    await auditParts(what, [{ mailUserId, address: row.source.address }]);
    expect(await listAudit(10, { mailUserId })).toHaveLength(1);
    expect((await listAudit(100)).filter((entry) => entry.mailUserId === mailUserId)).toEqual([]);
    expect(await bulk('stop', { kind: 'ids', ids: [mailUserId] })).toMatchObject({ done: 1 });
    await house.untilEnded(row);
    const actions = (await listAudit(10, { mailUserId })).map(({ action }) => action);
    expect(actions.sort()).toEqual(['paused', 'stopped']);
  });

  it('invites nobody twice where a part of it is repeated', async () => {
    const row = await house.row();
    await house.start(row);
    await house.until(row, 'emailSent');
    const ids: MailUserSelection = { kind: 'ids', ids: [row._id.toHexString()] };
    const { _id: bulkId } = await bulk('resend', ids);
    await BulkActions.updateOne({ _id: bulkId }, { $set: { done: 0 }, $unset: { cursor: 1, finishedAt: 1 } });
    const input = { bulkId, action: 'resend' as const, by: administrator, times: quickTimes };
    const again = { ...bulkStart(input), workflowId: `${bulkActionId(bulkId)}-again` };
    await house.client.workflow.execute(workflowTypes.bulkAction, again);
    expect(await BulkActions.findById(bulkId).lean()).toMatchObject({
      done: 1,
      finishedAt: expect.any(Date),
    });
    expect(await bulk('stop', ids)).toMatchObject({ done: 1 });
    await house.untilEnded(row);
    await house.handle(row).result();
    const mails = house.inbox.recipients.flatMap((to, index) => (to === row.source.address ? [index] : []));
    const subjects = (await Promise.all(mails.map((index) => house.inbox.parsed(index)))).map(
      ({ subject }) => subject,
    );
    expect(subjects.filter((subject) => subject === subjects[0])).toHaveLength(2);
  });

  it('starts nothing on a connector whose last test found no sign-in that can be used', async () => {
    const row = await house.row();
    await Connectors.updateOne(
      { _id: row.source.connectorId },
      { $set: { lastCheck: { at: new Date(), report: { steps: [], usable: false } } } },
    );
    const done = await bulk('start', { kind: 'ids', ids: [row._id.toHexString(), 'f'.repeat(24), 'junk'] });
    expect(done).toMatchObject({ done: 0, refused: 2 });
    expect(done.refusals.map(({ reason }) => reason).sort()).toEqual(['connectorUnusable', 'gone']);
    expect((await house.read(row)).asked.startId).toBeUndefined();
  });
});

/** One look as the schedule takes it every five minutes. */
async function reconcile(orphanedMs = 100): Promise<void> {
  const workflowId = `reconcile-${randomUUID()}`;
  await house.client.workflow.execute(workflowTypes.reconcile, {
    workflowId,
    taskQueue: mainQueue,
    args: [{ times: quickTimes, orphanedMs }],
  });
  await recordHistory(house, workflowId, 'reconcile-broken-off');
}

describe('a bulk action whose workflow is gone', () => {
  const read = (bulkId: string) => BulkActions.findById(bulkId).orFail().lean<BulkActionDocument>();
  const begin = async (selection: MailUserSelection, change: Partial<BulkActionDocument> = {}) => {
    const bulkId = randomUUID();
    const document = { action: 'start', selection, by: administrator, createdAt: new Date() } as const;
    await BulkActions.create({ _id: bulkId, ...document, ...change });
    return { bulkId, input: { bulkId, action: 'start' as const, by: administrator, times: quickTimes } };
  };

  it('is ended after it was terminated, and taken up again where it was, telling nobody twice', async () => {
    const rows = [await house.row({ batch: 'cut' }), await house.row({ batch: 'cut' })];
    const [told, left] = rows as [MailUser, MailUser];
    await house.start(told);
    await house.until(told, 'emailSent');
    const cursor = told._id.toHexString();
    const so = { total: 2, done: 1, cursor };
    const { bulkId, input } = await begin({ kind: 'filter', filter: { batch: 'cut' } }, so);
    // Killed before it came to the second.
    const handle = await house.client.workflow.start(workflowTypes.bulkAction, {
      ...bulkStart(input),
      startDelay: '1 hour',
    });
    await handle.terminate('by hand');
    await reconcile();
    expect(await read(bulkId)).toMatchObject({
      ...so,
      finishedAt: expect.any(Date),
      brokenOffAt: expect.any(Date),
    });
    expect((await house.read(left)).asked.startId).toBeUndefined();
    expect(await reopenBulkAction(bulkId)).toBe(true);
    await house.client.workflow.execute(workflowTypes.bulkAction, bulkStart(input, true));
    const after = await read(bulkId);
    expect(after).toMatchObject({ total: 2, done: 2, unchanged: 0, finishedAt: expect.any(Date) });
    expect(after.brokenOffAt).toBeUndefined();
    await house.until(left, 'emailSent');
    expect((await house.read(told)).projection?.epoch).toBe(1);
    for (const row of rows) await house.handle(row).signal(signals.stop, { by: administrator });
    for (const row of rows) await house.untilEnded(row);
  });

  it('is ended where the web was killed before it told Temporal, and does nothing should Temporal be set back', async () => {
    const row = await house.row();
    const { bulkId, input } = await begin({ kind: 'ids', ids: [row._id.toHexString()] });
    await reconcile();
    expect(await read(bulkId)).toMatchObject({ done: 0, brokenOffAt: expect.any(Date) });
    await house.client.workflow.execute(workflowTypes.bulkAction, bulkStart(input));
    expect(await read(bulkId)).toMatchObject({ done: 0, brokenOffAt: expect.any(Date) });
    expect((await house.read(row)).asked.startId).toBeUndefined();
  });

  it('leaves no password waiting where it was stopped before', async () => {
    const stopAsked = { by: administrator, at: new Date() };
    const { bulkId } = await begin({ kind: 'ids', ids: [] }, { action: 'giveCredentials', stopAsked });
    await Credentials.create({
      owner: { kind: 'bulk', id: bulkId },
      side: 'source',
      sealed: 'sealed',
      takenAt: new Date(),
      destroyAt: new Date(Date.now() + 86_400_000),
    });
    await reconcile();
    expect((await read(bulkId)).brokenOffAt).toBeInstanceOf(Date);
    expect(await Credentials.countDocuments({ 'owner.id': bulkId })).toBe(0);
  });

  it('is left alone where its workflow was just about to be started', async () => {
    const { bulkId, input } = await begin({ kind: 'ids', ids: [] });
    const looking = reconcile(3000);
    const handle = await house.client.workflow.start(workflowTypes.bulkAction, {
      ...bulkStart(input),
      startDelay: '1 hour',
    });
    await looking;
    expect((await read(bulkId)).finishedAt).toBeUndefined();
    await handle.terminate('the test is over');
  });
});

async function importAll(
  source: ConnectorDocument,
  target: ConnectorDocument,
  chunks: ImportRow[][],
  start: boolean,
) {
  const importId = randomUUID();
  for (const [index, rows] of chunks.entries())
    await ImportChunks.create({ _id: importChunkId(importId, index + 1), n: index + 1, rows });
  await Imports.create({
    _id: importId,
    sourceConnectorId: source._id,
    targetConnectorId: target._id,
    by: administrator,
    createdAt: new Date(),
    total: chunks.flat().length,
  });
  await house.client.workflow.execute(
    workflowTypes.importRows,
    importStart({ importId, start, by: administrator, times: quickTimes }),
  );
  await recordHistory(house, importIdOf(importId), 'import');
  return Imports.findById(importId).lean();
}

describe('importRows', () => {
  const rowsOf = (first: number, count: number): ImportRow[] =>
    Array.from({ length: count }, (_, index) => ({
      line: first + index,
      firstName: 'N',
      lastName: `${first + index}`,
      source: { address: `N${first + index}@contoso.example`, recipientType: 'Standard' },
      target: { address: `n${first + index}@fabrikam.example`, recipientType: 'Standard' },
      batch: 'imported',
    }));

  it('lists each row once, updates what changed, keeps what is started, and starts where that was asked for', async () => {
    const [source, target] = [await house.connector('source'), await house.connector('target')];
    expect(await importAll(source, target, [rowsOf(1, 5), rowsOf(6, 2)], false)).toMatchObject({
      added: 7,
      started: 0,
      finishedAt: expect.any(Date),
    });
    expect(await ImportChunks.countDocuments()).toBe(0);
    const [first] = await MailUsers.find({ batch: 'imported' }).sort({ _id: 1 });
    if (!first) throw new Error('nothing was imported');
    await house.start(first);
    await house.until(first, 'awaitingSignIn');
    const again = rowsOf(1, 8).map((row) =>
      row.line <= 2
        ? { ...row, target: { ...row.target, address: `other${row.line}@fabrikam.example` } }
        : row,
    );
    expect(await importAll(source, target, [again], true)).toMatchObject({
      added: 1,
      updated: 1,
      unchanged: 5,
      kept: 1,
      started: 7,
    });
    expect((await house.read(first)).target.address).toBe('n1@fabrikam.example');
    expect(await MailUsers.countDocuments({ batch: 'imported' })).toBe(8);
  });

  it('is ended where its workflow is gone, and lists the rest when it is taken up again', async () => {
    const [source, target] = [await house.connector('source'), await house.connector('target')];
    const importId = randomUUID();
    for (const n of [1, 2])
      await ImportChunks.create({ _id: importChunkId(importId, n), n, rows: rowsOf(100 * n, 2) });
    await Imports.create({
      _id: importId,
      sourceConnectorId: source._id,
      targetConnectorId: target._id,
      by: administrator,
      createdAt: new Date(),
      total: 4,
      added: 2,
      chunksDone: 1,
    });
    await reconcile();
    expect(await Imports.findById(importId).lean()).toMatchObject({
      added: 2,
      brokenOffAt: expect.any(Date),
    });
    expect(await reopenImport(importId, new Date())).toBe(true);
    const input = { importId, start: false, by: administrator, times: quickTimes };
    await house.client.workflow.execute(workflowTypes.importRows, importStart(input, true));
    const after = await Imports.findById(importId).lean();
    expect(after).toMatchObject({ added: 4, chunksDone: 2, finishedAt: expect.any(Date) });
    expect(after?.brokenOffAt).toBeUndefined();
  });
});

describe('importRows of rows that are listed', () => {
  const listed = (row: MailUser, change: Partial<ImportRow>): ImportRow => ({
    line: 2,
    firstName: row.firstName,
    lastName: row.lastName,
    source: { address: row.source.address, recipientType: 'Standard' },
    target: { address: row.target.address, recipientType: 'Standard' },
    batch: row.batch,
    ...change,
  });
  const connectorsOf = async (row: MailUser) =>
    [
      await Connectors.findById(row.source.connectorId).lean<ConnectorDocument>(),
      await Connectors.findById(row.target.connectorId).lean<ConnectorDocument>(),
    ] as [ConnectorDocument, ConnectorDocument];

  it('has a migration read the plan of the batch that it puts its row into', async () => {
    const row = await house.row({ invitation: 'none', batch: `waits ${randomUUID()}` });
    await planOf(row, { cutOver: { kind: 'byHand' } });
    house.servers.fill(row.source.address, 1, 3);
    await house.start(row);
    await signInBoth(house, row);
    await house.until(row, 'upToDate');
    const batch = `at once ${randomUUID()}`;
    await importAll(...(await connectorsOf(row)), [[listed(row, { batch })]], false);
    expect((await house.untilEnded(row)).projection?.passes?.map(({ kind }) => kind)).toEqual([
      'full',
      'cutOver',
    ]);
  });

  it('keeps the mailboxes that a password was given for', async () => {
    const row = await house.row();
    await house.keep(row, 'target');
    const target = { address: 'elsewhere@fabrikam.example', recipientType: 'Standard' as const };
    const done = await importAll(...(await connectorsOf(row)), [[listed(row, { target })]], false);
    expect(done).toMatchObject({ kept: 1, updated: 0 });
    expect((await house.read(row)).target.address).toBe(row.target.address);
  });
});

describe('checkConnector', () => {
  it('writes what it found to the check and the connector, and destroys what was typed', async () => {
    const connector = await house.connector('source');
    const [checkId, connectorId] = [randomUUID(), connector._id.toHexString()];
    await ConnectorChecks.create({ _id: checkId, connectorId, askedAt: new Date() });
    const sealed = await house.seal(
      { kind: 'password', userName: '', password: 'typed' },
      {
        ownerId: checkId,
        side: 'source',
        mailbox: { connectorId, addressKey: 'ada@contoso.example' },
      },
    );
    const { _id } = await Credentials.create({
      owner: { kind: 'check', id: checkId },
      side: 'source',
      sealed,
      takenAt: new Date(),
      destroyAt: new Date(Date.now() + 600_000),
    });
    const mailbox = { address: 'ada@contoso.example', credentialId: _id.toHexString(), write: false };
    await house.client.workflow.execute(
      workflowTypes.checkConnector,
      checkStart({ checkId, connectorId, mailbox }),
    );
    await recordHistory(house, checkConnectorId(checkId), 'check-connector');
    expect((await ConnectorChecks.findById(checkId))?.report?.usable).toBe(true);
    expect((await Connectors.findById(connectorId))?.lastCheck?.report.usable).toBe(true);
    expect(await Credentials.countDocuments({ 'owner.id': checkId })).toBe(0);
  });
});
