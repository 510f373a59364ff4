import { Connectors } from '../../src/models/connectors';
import { shownState } from '../../src/domain/shown-state';
import { startAsked } from '../../src/models/mail-user-asks';
import { Credentials } from '../../src/models/credentials';
import { MailUsers } from '../../src/models/mail-users';
import { placesInQueue, Slots } from '../../src/models/slots';
import { directWire, type MemoryWire } from '../../src/connectors/memory';
import { Fault } from '../../src/domain/faults';
import type { MailUser } from '../../src/models/mail-users';
import { mailId, mainQueue } from '../../workflows/names';
import {
  signals,
  workflowTypes,
  type GrantedSignal,
  type PauseSignal,
  type ResumeSignal,
  type StopSignal,
} from '../../workflows/messages';
import { administrator, eventually, House, quickTimes } from './house';
import { recordHistory } from './record-histories';
import { backUpDatabase, restoreDatabase } from './set-back';

let house: House;
beforeAll(async () => {
  house = await House.open();
  await house.startWorker();
  await house.startGate();
});
afterAll(() => house.close());
afterEach(() => {
  house.servers.beforeOpen = () => undefined;
  house.servers.wire = directWire;
});

/** A wire whose puts fail so, as often as asked, once so many have gone through. */
function failingPuts(times: number, fault: () => Fault, after = 0) {
  let puts = 0;
  const wire: MemoryWire & { failed: number; items: number } = {
    failed: 0,
    /** Put so far, as often as each was. */
    items: 0,
    async send<Answer>(request: Parameters<MemoryWire['send']>[0], signal: AbortSignal): Promise<Answer[]> {
      if (request.kind === 'putItems' && (puts += 1) > after && wire.failed < times) {
        wire.failed += 1;
        throw fault();
      }
      const answers = (await directWire.send(request, signal)) as Answer[];
      if (request.kind === 'putItems') wire.items += request.steps.length;
      return answers;
    },
  };
  return wire;
}

async function started(row: MailUser, times = {}): Promise<void> {
  await house.start(row, times);
  await house.until(row, (now) => (now.projection?.wanted.length ?? 0) === 2);
  await house.signIn(row, 'source');
  await house.signIn(row, 'target');
}

describe('a migration that is interrupted', () => {
  it('asks for the sign-in again when it is refused in mid-run, gives its slots back, and goes on where it was', async () => {
    const row = await house.row();
    house.servers.fill(row.source.address, 3, 20);
    const text = { code: 'HTTP 401', remedy: 'signInAgain' as const, message: 'The password was changed.' };
    const wire = failingPuts(1, () => new Fault({ kind: 'credential', side: 'target' }, text, true), 1);
    house.servers.wire = wire;
    await started(row);
    const { projection } = await house.until(row, 'signInNeeded');
    const before = house.servers.countItems('target', row.target.address);
    expect(before).toBeGreaterThan(0);
    expect(before).toBeLessThan(60);
    expect(projection).toMatchObject({ wanted: ['target'], signedIn: ['source'], fault: { side: 'target' } });
    await eventually(
      async () => ((await Slots.countDocuments({ _id: row._id.toHexString() })) === 0 ? true : undefined),
      () => Slots.find(),
    );
    // Nothing else has gone to the new mailbox yet: the invitation goes to the old one.
    const asked = await eventually(
      async () => {
        const n = house.inbox.recipients.indexOf(row.target.address);
        return n < 0 ? undefined : house.inbox.parsed(n);
      },
      () => house.inbox.recipients,
    );
    expect(asked.subject).toContain('sign in again');
    expect(await house.credentialsOf(row)).toBe(1);
    await house.signIn(row, 'target');
    expect((await house.untilEnded(row)).projection?.state).toBe('completed');
    expect(house.servers.countItems('target', row.target.address)).toBe(60);
    // What was there was not put again, to be found out later.
    expect(wire.items).toBe(60);
    await house.handle(row).result();
    await recordHistory(house, house.handle(row).workflowId, 'sign-in-needed');
    expect(await house.states(row)).toEqual(
      expect.arrayContaining(['working', 'signInNeeded', 'verifying', 'scheduled', 'completed']),
    );
  });

  it('puts nothing again that was moved in the target, where its ledger was set back before it is opened anew', async () => {
    const row = await house.row({ invitation: 'none' });
    house.servers.fill(row.source.address, 1, 60);
    const text = { code: 'HTTP 401', remedy: 'signInAgain' as const, message: 'The password was changed.' };
    const refused = () => new Fault({ kind: 'credential', side: 'target' }, text, true);
    house.servers.wire = failingPuts(Infinity, refused);
    await started(row);
    await house.until(row, 'signInNeeded');
    const backup = await backUpDatabase(house.database.connection);
    const target = house.servers.mailbox('target', row.target.address);
    house.servers.wire = failingPuts(Infinity, refused, 1);
    await house.signIn(row, 'target');
    await house.until(
      row,
      ({ projection }) => projection?.timeline.filter(({ state }) => state === 'signInNeeded').length === 2,
    );
    house.servers.wire = directWire;
    const own = target.addFolder({ name: 'His own' });
    for (const { id, items } of [...target.folders.values()])
      if (id !== own) for (const item of [...items.keys()]) target.moveItem(id, item, own);
    await restoreDatabase(house.database.connection, backup, ['pairs', 'folders', 'parcels']);
    await house.signIn(row, 'target');
    expect((await house.untilEnded(row)).projection?.state).toBe('completed');
    expect(house.servers.countItems('target', row.target.address)).toBe(60);
  });

  it('has its place in the queue again after a pause', async () => {
    const row = await house.row({ invitation: 'none' });
    await Connectors.updateOne({ _id: row.source.connectorId }, { $set: { mailboxesAtOnce: 0 } });
    const slot = () => Slots.findById(row._id.toHexString()).lean();
    const asked = () =>
      eventually(
        async () => (await slot()) ?? undefined,
        () => house.read(row),
      );
    await started(row);
    const before = await asked();
    await house.handle(row).signal<[PauseSignal]>(signals.pause, { by: administrator });
    await house.until(row, 'paused');
    await eventually(
      async () => ((await slot()) === null ? true : undefined),
      () => Slots.find(),
    );
    await house.handle(row).signal<[ResumeSignal]>(signals.resume, { by: administrator });
    const { ticket, since } = await asked();
    expect(ticket).not.toBe(before.ticket);
    expect(since).toEqual(before.since);
    await house.handle(row).signal<[StopSignal]>(signals.stop, { by: administrator });
    await house.untilEnded(row);
  });

  it('asks nobody for a password that its server refuses once when the mailbox is opened', async () => {
    const row = await house.row({ invitation: 'none' });
    house.servers.fill(row.source.address, 1, 3);
    let openings = 0;
    const text = { code: 'HTTP 401', remedy: 'signInAgain' as const, message: 'Leave me in peace.' };
    house.servers.beforeOpen = (side, address) => {
      if (address !== row.target.address) return;
      openings += 1;
      // The first is the check of what was typed.
      if (openings === 2) throw new Fault({ kind: 'credential', side }, text, true);
    };
    await started(row);
    expect((await house.untilEnded(row)).projection?.state).toBe('completed');
    expect(openings).toBe(3);
    expect(await house.states(row)).not.toContain('signInNeeded');
  });

  it('repeats what failed for a while, with growing waits, until it is done', async () => {
    const row = await house.row({ invitation: 'none' });
    house.servers.fill(row.source.address, 2, 20);
    const text = { code: 'HTTP 503', remedy: 'wait' as const, message: 'The server is busy.' };
    house.servers.wire = failingPuts(3, () => new Fault({ kind: 'retryable' }, text));
    await started(row);
    expect((await house.untilEnded(row)).projection?.state).toBe('completed');
    expect(house.servers.countItems('target', row.target.address)).toBe(40);
    await house.handle(row).result();
    await recordHistory(house, house.handle(row).workflowId, 'repeated');
  });

  it('fails with what an administrator must do, keeps its credentials, and completes on Retry without a sign-in', async () => {
    const row = await house.row();
    house.servers.fill(row.source.address, 1, 10);
    const text = {
      code: 'ErrorQuotaExceeded',
      remedy: 'freeSpace' as const,
      message: 'The mailbox is full.',
    };
    house.servers.wire = failingPuts(1, () => new Fault({ kind: 'fatal', side: 'target' }, text, true));
    await started(row);
    const { projection } = await house.untilEnded(row);
    expect(projection).toMatchObject({
      state: 'failed',
      fault: { text, side: 'target' },
      signedIn: expect.arrayContaining(['source', 'target']),
    });
    expect(projection?.credentialsDestroyAt?.getTime()).toBeGreaterThan(
      Date.now() + quickTimes.retryLifeMs - 60_000,
    );
    await house.handle(row).result();
    await recordHistory(house, house.handle(row).workflowId, 'failed');
    await house.start(row, {}, 'retry');
    const done = await house.until(row, 'completed');
    expect(done.projection?.epoch).toBe(2);
    expect(await house.states(row)).toEqual(
      expect.arrayContaining(['failed', 'starting', 'scheduled', 'working', 'completed']),
    );
    await house.handle(row).result();
    await recordHistory(house, house.handle(row).workflowId, 'retried');
    await recordHistory(house, mailId(row._id.toHexString(), 2, 'completed'), 'send-notice');
    expect(await house.credentialsOf(row)).toBe(0);
    const toTarget = () => house.inbox.recipients.filter((to) => to === row.target.address);
    await eventually(async () => (toTarget().length === 2 ? true : undefined), toTarget);
  });

  it('completes with issues where an item was refused, and keeps its credentials for Retry', async () => {
    const row = await house.row({ invitation: 'none' });
    house.servers.fill(row.source.address, 1, 10);
    const reason = { code: 'ErrorItemTooLarge', remedy: 'raiseRequestLimit' as const, message: 'Too large.' };
    let left = 1;
    house.servers.mailbox('target', row.target.address).refuses = () => (left-- > 0 ? reason : undefined);
    await started(row);
    const { projection, counters } = await house.untilEnded(row);
    expect(projection?.state).toBe('completedWithIssues');
    expect(counters).toMatchObject({ copied: 9, failed: 1 });
    expect(projection?.summary).toMatchObject({
      inTarget: { mail: 9 },
      notCopied: [{ code: reason.code, count: 1 }],
    });
    expect(await house.credentialsOf(row)).toBe(2);
    await house.handle(row).result();
    await recordHistory(house, house.handle(row).workflowId, 'completed-with-issues');
  });

  it('waits without slots as long as the server asks, then goes on', async () => {
    const row = await house.row({ invitation: 'none' });
    house.servers.fill(row.source.address, 1, 5);
    const text = { code: 'ErrorServerBusy', remedy: 'wait' as const, message: 'The server asks to wait.' };
    let asked = 0;
    house.servers.beforeOpen = (side) => {
      if (side !== 'source' || ++asked !== 2) return;
      throw new Fault({ kind: 'throttled', retryAfterMs: 1500, scope: 'mailbox' }, text, true);
    };
    await started(row);
    expect((await house.untilEnded(row)).projection?.state).toBe('completed');
    expect(await house.states(row)).toContain('throttled');
    await house.handle(row).result();
    await recordHistory(house, house.handle(row).workflowId, 'throttled');
  });

  it('continues as new in the middle of its folders without losing its place, its slots or a signal', async () => {
    const row = await house.row();
    house.servers.fill(row.source.address, 12, 4);
    await started(row, { historyEvents: 60 });
    const { projection } = await house.untilEnded(row);
    expect(projection?.state).toBe('completed');
    expect(house.servers.countItems('target', row.target.address)).toBe(48);
    expect(projection?.epoch).toBe(1);
    await house.handle(row).result();
    const runs = new Set<string>();
    for await (const run of house.client.workflow.list({
      query: `WorkflowId = '${house.handle(row).workflowId}'`,
    }))
      runs.add(run.runId);
    for (const [index, runId] of [...runs].entries())
      await recordHistory(house, house.handle(row).workflowId, `continued-as-new-${index}`, runId);
    expect(runs.size).toBeGreaterThan(2);
  });

  it('gives back a grant it does not wait for', async () => {
    const row = await house.row();
    await house.start(row);
    await house.until(row, 'emailSent');
    const id = row._id.toHexString();
    await Slots.create({
      _id: id,
      ticket: 'old',
      epoch: 1,
      sourceConnectorId: 's',
      targetConnectorId: 't',
      since: new Date(),
      seenAt: new Date(),
      grantedAt: new Date(),
    });
    await house.handle(row).signal<[GrantedSignal]>(signals.granted, { ticket: 'old' });
    await eventually(
      async () => ((await Slots.findById(id)) === null ? true : undefined),
      () => Slots.find(),
    );
    await house.handle(row).signal(signals.stop, { by: administrator });
    await house.untilEnded(row);
  });

  it('is found after it was terminated in Temporal: marked, its credentials destroyed, its slots free', async () => {
    const row = await house.row();
    await house.start(row);
    await house.until(row, 'emailSent');
    await house.signIn(row, 'source');
    await house.until(row, (now) => now.projection?.signedIn.includes('source') === true);
    await house.handle(row).terminate('by hand');
    const input = { times: quickTimes, orphanedMs: 100 };
    await house.client.workflow.execute(workflowTypes.reconcile, {
      workflowId: `reconcile-${row._id.toHexString()}`,
      taskQueue: mainQueue,
      args: [input],
    });
    await recordHistory(house, `reconcile-${row._id.toHexString()}`, 'reconcile');
    const { projection } = await house.read(row);
    expect(projection).toMatchObject({
      state: 'stopped',
      by: { kind: 'system' },
      fault: { text: { code: 'WorkflowEnded' } },
    });
    expect(await house.credentialsOf(row)).toBe(0);
  });

  it('is shown as it is again where its database was set back to before the start by which it runs', async () => {
    const row = await house.row();
    await house.start(row);
    const begun = await house.until(row, 'emailSent');
    // As the row stood after the start before, which was handled then.
    await MailUsers.updateOne({ _id: row._id }, { $set: { 'asked.startId': 'of the epoch before' } });
    expect(shownState(await house.read(row))).toBe('starting');
    await house.client.workflow.execute(workflowTypes.reconcile, {
      workflowId: `reconcile-${row._id.toHexString()}`,
      taskQueue: mainQueue,
      args: [{ times: quickTimes, orphanedMs: 100 }],
    });
    const mended = await house.read(row);
    expect(shownState(mended)).toBe('emailSent');
    expect(mended.projection?.epoch).toBe(begun.projection?.epoch);
    await house.handle(row).signal<[StopSignal]>(signals.stop, { by: administrator });
    await house.untilEnded(row);
  });

  it('is started, and its credential taken, by reconcile where the web had died in between', async () => {
    const forgotten = await house.row();
    await MailUsers.updateOne({ _id: forgotten._id }, { $set: startAsked('one', 'start', new Date()) });
    const typed = await house.row({ invitation: 'none' });
    await house.keep(typed, 'source');
    const late = await house.row();
    await house.keep(late, 'source', undefined, new Date(0));
    const input = { times: quickTimes, orphanedMs: 100 };
    await house.client.workflow.execute(workflowTypes.reconcile, {
      workflowId: 'reconcile-forgotten',
      taskQueue: mainQueue,
      args: [input],
    });
    await house.until(forgotten, 'emailSent');
    await house.until(typed, (now) => now.projection?.signedIn.includes('source') === true);
    for (const row of [forgotten, typed, late]) {
      await house
        .handle(row)
        .signal(signals.stop, { by: administrator })
        .catch(() => undefined);
    }
    await Promise.all([house.untilEnded(forgotten), house.untilEnded(typed)]);
    expect(await Credentials.countDocuments({ destroyAt: { $lte: new Date() } })).toBe(0);
  });
});

describe('waiting for a slot', () => {
  it('shows its place, and goes on when a slot is free', async () => {
    const first = await house.row({ invitation: 'none' });
    await Connectors.updateOne({ _id: first.source.connectorId }, { $set: { mailboxesAtOnce: 0 } });
    await started(first);
    await house.until(first, 'scheduled');
    await eventually(
      async () => (await placesInQueue(new Date())).get(first._id.toHexString()),
      () => Slots.find(),
    );
    await Connectors.updateOne({ _id: first.source.connectorId }, { $set: { mailboxesAtOnce: 1 } });
    expect((await house.untilEnded(first)).projection?.state).toBe('completed');
  });
});
