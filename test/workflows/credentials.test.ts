import { randomUUID } from 'node:crypto';
import { MockActivityEnvironment } from '@temporalio/testing';
import { Fault } from '../../src/domain/faults';
import { createReconcile, type ReconcileResult } from '../../activities/reconcile';
import { Connectors } from '../../src/models/connectors';
import { Credentials } from '../../src/models/credentials';
import type { MailUser } from '../../src/models/mail-users';
import { startAsked } from '../../src/models/mail-user-asks';
import { MailUsers } from '../../src/models/mail-users';
import { formStart, migrationStart, signals, workflowTypes, type StopSignal } from '../../workflows/messages';
import { mainQueue } from '../../workflows/names';
import { administrator, eventually, House, pairOf, quickTimes, type RunningWorker } from './house';

let house: House;
let worker: RunningWorker;
beforeAll(async () => {
  house = await House.open();
  worker = await house.startWorker();
  await house.startGate();
});
afterAll(() => house.close());
afterEach(() => {
  house.servers.beforeOpen = () => undefined;
});

const documentsOf = (row: MailUser) => Credentials.find({ 'owner.id': row._id.toHexString() }).lean();
/** One look as `reconcile` takes it every five minutes. */
const reconcile = async (): Promise<ReconcileResult> => {
  const activities = createReconcile(worker.deps);
  const look = () => activities.reconcileAsked();
  return new MockActivityEnvironment().run<[], ReconcileResult, typeof look>(look);
};
const noRight = () => {
  const text = {
    code: 'ErrorAccessDenied',
    remedy: 'grantAccess' as const,
    message: 'No right to this mailbox.',
  };
  return new Fault({ kind: 'fatal', side: 'target' }, text, true);
};

describe('what was asked for and is forgotten', () => {
  const apartMs = 10 * 60_000;
  it.each([
    ['ahead of', apartMs],
    ['behind', -apartMs],
  ])(
    'is started and told once, by a worker whose clock is ten minutes %s the web server',
    async (_how, ms) => {
      const askedAt = new Date(Date.now() - ms);
      const [start, typed, late] = [
        await house.row(),
        await house.row({ invitation: 'none' }),
        await house.row(),
      ];
      await MailUsers.updateOne({ _id: start._id }, { $set: startAsked(randomUUID(), 'start', askedAt) });
      await house.keep(typed, 'source', undefined, askedAt);
      // Its workflow is just about to be started: it is looked at again before anything is done.
      await MailUsers.updateOne({ _id: late._id }, { $set: startAsked('late', 'start', askedAt) });
      const run = house.client.workflow.execute(workflowTypes.reconcile, {
        workflowId: `reconcile-${randomUUID()}`,
        taskQueue: mainQueue,
        args: [{ times: quickTimes, orphanedMs: 1500 }],
      });
      const input = { ...house.input(late, 'start'), startId: 'late', reason: 'start' as const };
      await house.client.workflow.start(workflowTypes.migrateMailbox, migrationStart(input, pairOf(late)));
      await run;
      await house.until(start, 'emailSent');
      await house.until(typed, (now) => now.projection?.signedIn.includes('source') === true);
      expect((await house.until(late, 'emailSent')).projection?.epoch).toBe(1);
      for (const row of [start, typed, late])
        await house.handle(row).signal<[StopSignal]>(signals.stop, { by: administrator });
      for (const row of [start, typed, late]) await house.untilEnded(row);
    },
  );
});

describe('the document of a password', () => {
  it('is gone once the migration was stopped, whichever side had one', async () => {
    const row = await house.row();
    await house.start(row);
    await house.until(row, 'emailSent');
    await house.signIn(row, 'source');
    await house.until(row, ({ projection }) => projection?.signedIn.includes('source') === true);
    expect(await documentsOf(row)).toHaveLength(1);
    await house.handle(row).signal<[StopSignal]>(signals.stop, { by: administrator });
    const { projection } = await house.untilEnded(row);
    expect(projection?.credentialsDestroyedAt).toBeInstanceOf(Date);
    expect(await documentsOf(row)).toEqual([]);
  });

  it('is gone once the link has expired over the other side', async () => {
    const row = await house.row();
    const input = { ...house.input(row, 'form', { linkLifeMs: 1000 }), reason: 'form' as const };
    const source = await house.keep(row, 'source');
    await house.client.workflow.signalWithStart(
      workflowTypes.migrateMailbox,
      formStart(input, pairOf(row), source),
    );
    const { projection } = await house.untilEnded(row);
    expect(projection).toMatchObject({ state: 'expired', credentialsDestroyedAt: expect.any(Date) });
    expect(await documentsOf(row)).toEqual([]);
  });

  it('outlives a failure only as long as the row says, and a worker that looks then destroys it', async () => {
    const row = await house.row({ invitation: 'none' });
    house.servers.fill(row.source.address, 1, 3);
    await house.sendForm(row, { retryLifeMs: 1500 });
    // The first opening of the target is the sign-in; the one that is to copy is refused.
    let opened = 0;
    house.servers.beforeOpen = (side) => {
      if (side === 'target' && (opened += 1) > 1) throw noRight();
    };
    const { projection } = await house.untilEnded(row);
    expect(projection?.state).toBe('failed');
    const destroyAt = projection?.credentialsDestroyAt;
    const kept = await documentsOf(row);
    expect(kept.map((document) => document.destroyAt)).toEqual([destroyAt, destroyAt]);
    await eventually(
      async () => {
        await reconcile();
        return (await documentsOf(row)).length === 0 ? true : undefined;
      },
      () => documentsOf(row),
    );
    expect(Date.now()).toBeGreaterThanOrEqual(destroyAt?.getTime() ?? Infinity);
  });

  it('opens no mailbox that the row was given since: it is destroyed, and its user asked again', async () => {
    const row = await house.row();
    await Connectors.updateOne({ _id: row.source.connectorId }, { $set: { mailboxesAtOnce: 0 } });
    house.servers.fill(row.source.address, 1, 3);
    await house.sendForm(row);
    await house.until(row, 'scheduled');
    const other = await house.connector('target');
    const target = { ...row.target, connectorId: other._id, address: 'other@x.example' };
    const set = { target: { ...target, addressKey: target.address } };
    await MailUsers.updateOne({ _id: row._id }, { $set: set });
    await Connectors.updateMany({ mailboxesAtOnce: 0 }, { $set: { mailboxesAtOnce: 20 } });
    const { projection } = await house.until(row, 'signInNeeded');
    expect(projection).toMatchObject({ wanted: ['target'], fault: { text: { code: 'MailboxChanged' } } });
    expect(house.servers.tried.filter((line) => line.includes(target.address))).toEqual([]);
    await eventually(
      async () => ((await documentsOf(row)).length === 1 ? true : undefined),
      () => documentsOf(row),
    );
    await house.signIn(await house.read(row), 'target');
    expect((await house.untilEnded(row)).projection?.state).toBe('completed');
    expect(house.servers.countItems('target', target.address)).toBe(3);
  });

  it('is gone minutes after its web server died before it was named on the row, where nothing takes it', async () => {
    const [unstarted, ended] = [await house.row(), await house.row()];
    await house.start(ended);
    await house.until(ended, 'emailSent');
    await house.handle(ended).signal<[StopSignal]>(signals.stop, { by: administrator });
    await house.untilEnded(ended);
    await house.handle(ended).result();
    for (const row of [unstarted, ended]) {
      await house.keep(row, 'source');
      await MailUsers.updateOne({ _id: row._id }, { $set: { 'asked.credentialIds': [] } });
    }
    await house.client.workflow.execute(workflowTypes.reconcile, {
      workflowId: `reconcile-${randomUUID()}`,
      taskQueue: mainQueue,
      args: [{ times: quickTimes, orphanedMs: 100 }],
    });
    expect(await documentsOf(unstarted)).toEqual([]);
    expect(await documentsOf(ended)).toEqual([]);
    expect((await house.read(unstarted)).projection).toBeUndefined();
  });

  it('does not outlive its own time, whatever waits for it', async () => {
    const row = await house.row({ invitation: 'none' });
    await house.start(row);
    await house.until(row, 'awaitingSignIn');
    const typedLongAgo = new Date(Date.now() - quickTimes.credentialLifeMs);
    await house.keep(row, 'source', undefined, typedLongAgo);
    const { destroyed } = await reconcile();
    expect(destroyed).toBe(1);
    expect(await documentsOf(row)).toEqual([]);
  });
});
