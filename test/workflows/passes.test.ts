import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { directWire } from '../../src/connectors/memory';
import { everything } from '../../src/domain/item-filter';
import type { StartWindow } from '../../src/domain/start-window';
import { moveToBatch } from '../../src/models/batch-move';
import { Connectors } from '../../src/models/connectors';
import { MailUsers, type MailUser } from '../../src/models/mail-users';
import { Slots } from '../../src/models/slots';
import { signals, type CredentialSignal, type RunPassSignal } from '../../workflows/messages';
import { administrator, eventually, House, quickTimes } from './house';
import { recordHistory } from './record-histories';
import { heldPuts, planOf, settledStates, signInBoth } from './settled-states';

let house: House;
beforeAll(async () => {
  house = await House.open();
  await house.startWorker();
  await house.startGate();
});
afterAll(() => house.close());
afterEach(() => {
  house.servers.wire = directWire;
});

const states = settledStates(() => house);
const run = (row: MailUser, kind: RunPassSignal['kind'], requestId = randomUUID()) =>
  house.handle(row).signal<[RunPassSignal]>(signals.runPass, { kind, requestId, by: administrator });
const planChanged = (row: MailUser) => house.handle(row).signal(signals.planChanged, {});
const kinds = ({ projection }: MailUser) => projection?.passes?.map(({ kind }) => kind);
const ended = (count: number) => (now: MailUser) =>
  now.projection?.state === 'upToDate' &&
  now.projection.passes?.filter(({ endedAt }) => endedAt !== undefined).length === count;

/** Something new at the source. */
function receive(row: MailUser, count: number): void {
  const store = house.servers.mailbox('source', row.source.address);
  const [inbox] = store.folders.keys();
  for (let n = 0; n < count; n += 1) store.addItem(inbox ?? '');
}

/** A window that is closed the whole of this week's day and the ones beside it. */
function otherDays(): StartWindow {
  const today = new Date().getUTCDay() || 7;
  return { from: '10:00', to: '11:00', days: [((today + 2) % 7) + 1], timeZone: 'UTC' };
}

describe('passes', () => {
  it('bring what is new, are between them up to date, and end with the cut-over', async () => {
    const row = await states.upToDate();
    const between = await house.until(row, ended(1));
    expect(between.projection).toMatchObject({
      nextPass: { kind: 'cutOver' },
      signedIn: expect.arrayContaining(['source', 'target']),
    });
    expect(between.projection?.nextPass?.at).toBeUndefined();
    expect(between.projection?.credentialsDestroyAt).toBeInstanceOf(Date);
    expect(between.projection?.endedAt).toBeUndefined();
    expect(await house.credentialsOf(row)).toBe(2);
    expect(await Slots.countDocuments({ _id: row._id.toHexString() })).toBe(0);
    expect(house.servers.open.size).toBe(0);
    receive(row, 3);
    const asked = randomUUID();
    await run(row, 'delta', asked);
    await house.until(row, ended(2));
    expect(house.servers.countItems('target', row.target.address)).toBe(23);
    await run(row, 'delta', asked);
    receive(row, 2);
    await run(row, 'cutOver');
    const done = await house.untilEnded(row);
    expect(done.projection?.state).toBe('completed');
    expect(kinds(done)).toEqual(['full', 'delta', 'cutOver']);
    expect(done.projection?.nextPass).toBeUndefined();
    expect(house.servers.countItems('target', row.target.address)).toBe(25);
    await house.handle(row).result();
    expect(await house.credentialsOf(row)).toBe(0);
    await recordHistory(house, house.handle(row).workflowId, 'passes');
  });

  it('stop at a source that lists as empty, and a Retry goes past it in one pass, not in those that follow', async () => {
    const row = await states.upToDate();
    await house.until(row, ended(1));
    const store = house.servers.mailbox('source', row.source.address);
    for (const folder of store.folders.keys())
      for (const { id } of [...store.items(folder)]) store.removeItem(folder, id);
    const stopsAgain = async () => {
      await run(row, 'delta');
      const { projection } = await house.until(row, 'failed');
      expect(projection?.fault?.text.code).toBe('SourceEmpty');
      await house.handle(row).result();
    };
    await stopsAgain();
    await house.start(row, {}, 'retry');
    await house.until(row, ended(2));
    await stopsAgain();
    expect(house.servers.countItems('target', row.target.address)).toBe(20);
  });

  it('that are asked for while one runs follow it', async () => {
    const row = await house.row({ invitation: 'none', batch: 'follows' });
    await planOf(row, { cutOver: { kind: 'byHand' } });
    house.servers.fill(row.source.address, 1, 10);
    let held: (() => void) | undefined;
    house.servers.wire = {
      async send(request, signal) {
        if (request.kind === 'putItems' && held === undefined)
          await new Promise<void>((resolve) => (held = resolve));
        return directWire.send(request, signal);
      },
    };
    await house.start(row);
    await signInBoth(house, row);
    await house.until(row, () => held !== undefined);
    await run(row, 'delta');
    await run(row, 'cutOver');
    await house.eventuallyTaken(row, signals.runPass);
    held?.();
    expect(kinds(await house.untilEnded(row))).toEqual(['full', 'cutOver']);
  });

  it('follow the plan as it stands, also when it is edited between them', async () => {
    const row = await states.upToDate();
    await house.until(row, ended(1));
    await planOf(row, { cutOver: { kind: 'at', at: new Date(Date.now() + 3_600_000).toISOString() } });
    await planChanged(row);
    await house.until(row, (now) => now.projection?.nextPass?.at !== undefined);
    await planOf(row, { cutOver: { kind: 'at', at: new Date(Date.now() + 1500).toISOString() } });
    await planChanged(row);
    expect(kinds(await house.untilEnded(row))).toEqual(['full', 'cutOver']);
  });

  it('are those of the batch that a row was moved to, which Temporal is told too', async () => {
    const row = await states.upToDate();
    await house.until(row, ended(1));
    expect(await house.said(row, 'batch')).toBe(row.batch);
    const batch = `at once ${randomUUID()}`;
    await moveToBatch({ kind: 'ids', ids: [row._id.toHexString()] }, batch);
    await planChanged(row);
    expect(kinds(await house.untilEnded(row))).toEqual(['full', 'cutOver']);
    expect(await house.said(row, 'batch')).toBe(batch);
  });

  it('take the slots of the connectors that a row was given before its users signed in', async () => {
    const row = await house.row({ invitation: 'none' });
    await house.start(row);
    await house.until(row, 'awaitingSignIn');
    const other = await house.connector('target');
    await Connectors.updateOne({ _id: other._id }, { $set: { mailboxesAtOnce: 0 } });
    await MailUsers.updateOne({ _id: row._id }, { $set: { 'target.connectorId': other._id } });
    await signInBoth(house, await house.read(row));
    await house.until(row, 'scheduled');
    const slot = await eventually(
      async () => (await Slots.findById(row._id.toHexString()).lean()) ?? undefined,
      () => house.read(row),
    );
    expect(slot.targetConnectorId).toBe(other._id.toHexString());
    expect(await house.said(row, 'target')).toBe(other._id.toHexString());
    await house.handle(row).signal(signals.stop, { by: administrator });
    await house.untilEnded(row);
  });

  it('need the sign-in again where a password has come to the end of its time between them', async () => {
    const row = await house.row({ batch: 'short lives' });
    await planOf(row, { cutOver: { kind: 'byHand' } });
    house.servers.fill(row.source.address, 1, 5);
    await house.start(row);
    await house.until(row, 'emailSent');
    await house.signIn(row, 'target');
    const takenAt = new Date(Date.now() - quickTimes.credentialLifeMs + 12_000);
    const credential = await house.keep(row, 'source', undefined, takenAt);
    await house.handle(row).signal<[CredentialSignal]>(signals.credential, credential);
    await house.until(row, ended(1));
    const { projection } = await house.until(row, 'signInNeeded');
    expect(projection).toMatchObject({ wanted: ['source'], signedIn: ['target'] });
    expect(await house.credentialsOf(row)).toBe(1);
    const mails = () => house.inbox.recipients.flatMap((to, n) => (to === row.source.address ? [n] : []));
    const asked = await eventually(async () => mails()[1], mails);
    expect((await house.inbox.parsed(asked)).text).toContain('it was destroyed, as promised');
    await run(row, 'cutOver');
    await house.signIn(row, 'source');
    expect(kinds(await house.untilEnded(row))).toEqual(['full', 'cutOver']);
  });
});

describe('a delta pass that is asked for before the first pass has begun', () => {
  it('is the full pass, which is made instead of the pre-stage', async () => {
    const row = await house.row({ invitation: 'none', batch: `staged ${randomUUID()}` });
    const plan = { prestageOlderThan: '2026-10-01', cutOver: { kind: 'byHand' } } as const;
    await planOf(row, { ...plan, startWindow: otherDays() });
    house.servers.fill(row.source.address, 1, 5);
    await house.start(row);
    await signInBoth(house, row);
    const { projection } = await house.until(row, (now) => now.projection?.waitsFor !== undefined);
    expect(projection?.nextPass).toEqual({ kind: 'prestage' });
    await run(row, 'delta');
    await house.until(row, (now) => now.projection?.nextPass?.kind === 'full');
    await planOf(row, plan);
    await planChanged(row);
    expect(kinds(await house.until(row, ended(1)))).toEqual(['full']);
    await run(row, 'cutOver');
    await house.untilEnded(row);
  });

  it('has nothing to do where the pass that is waited for is the last: the row says so', async () => {
    const row = await states.scheduled();
    const { projection } = await house.until(row, 'scheduled');
    expect(projection?.nextPass).toEqual({ kind: 'cutOver' });
    await house.handle(row).signal(signals.stop, { by: administrator });
    await house.untilEnded(row);
  });
});

describe('a pass that is under way', () => {
  it('goes on under a filter that is edited: Junk that is unticked in mid-copy is not copied', async () => {
    const row = await house.row({ invitation: 'none', batch: `junk ${randomUUID()}` });
    await planOf(row, { cutOver: { kind: 'byHand' } });
    const store = house.servers.fill(row.source.address, 1, 10);
    const junk = store.addFolder({ name: 'Junk', wellKnown: 'junkEmail' });
    for (let n = 0; n < 10; n += 1) store.addItem(junk);
    house.servers.wire = heldPuts;
    await house.start(row);
    await signInBoth(house, row);
    await house.until(row, (now) => now.projection?.pass?.step === 'copying');
    await planOf(row, { cutOver: { kind: 'byHand' }, filter: { ...everything, junkEmail: false } });
    house.servers.wire = directWire;
    await planChanged(row);
    const done = await house.until(row, ended(1));
    expect(kinds(done)).toEqual(['full']);
    expect(done.counters).toMatchObject({ copied: 10, filtered: 10 });
    expect(house.servers.countItems('target', row.target.address)).toBe(10);
    await house.handle(row).signal(signals.stop, { by: administrator });
    await house.untilEnded(row);
  });

  it('that is the last one copies what a filter that is edited lets through now', async () => {
    const row = await house.row({ invitation: 'none', batch: `wider ${randomUUID()}` });
    await planOf(row, { filter: { ...everything, junkEmail: false } });
    const store = house.servers.fill(row.source.address, 1, 10);
    const junk = store.addFolder({ name: 'Junk', wellKnown: 'junkEmail' });
    for (let n = 0; n < 10; n += 1) store.addItem(junk);
    house.servers.wire = heldPuts;
    await house.start(row);
    await signInBoth(house, row);
    await house.until(row, (now) => now.projection?.pass?.step === 'copying');
    await planOf(row, {});
    house.servers.wire = directWire;
    await planChanged(row);
    expect(kinds(await house.untilEnded(row))).toEqual(['cutOver']);
    expect(house.servers.countItems('target', row.target.address)).toBe(20);
  });
});

describe('what was edited and told to nobody', () => {
  const looks = { planLookMs: 1000 };

  it('is followed between passes', async () => {
    const row = await states.upToDate(looks);
    await house.until(row, ended(1));
    await planOf(row, {});
    expect(kinds(await house.untilEnded(row))).toEqual(['full', 'cutOver']);
  });

  it('ends a running copy whose start window is closed, and lets it go on when that is taken away', async () => {
    const row = await states.working(looks);
    await house.until(row, 'working');
    await planOf(row, { startWindow: otherDays() });
    await house.until(row, (now) => now.projection?.waitsFor !== undefined);
    house.servers.wire = directWire;
    await planOf(row, {});
    const done = await house.untilEnded(row);
    expect(done.projection?.state).toBe('completed');
    expect(house.servers.countItems('target', row.target.address)).toBe(100);
  });

  it('is looked for without writing the row each time', async () => {
    const row = await states.upToDate({ planLookMs: 100 });
    await house.until(row, ended(1));
    await pause(1000);
    const { projection } = await house.read(row);
    await pause(2000);
    expect((await house.read(row)).projection?.revision).toBe(projection?.revision);
    await house.handle(row).signal(signals.stop, { by: administrator });
    await house.untilEnded(row);
  });
});

describe('a start window', () => {
  it('keeps a row Scheduled, with its reason, until it opens or is edited', async () => {
    const row = await house.row({ invitation: 'none' });
    house.servers.fill(row.source.address, 1, 5);
    await Connectors.updateOne({ _id: row.target.connectorId }, { $set: { startWindow: otherDays() } });
    await house.start(row);
    await signInBoth(house, row);
    const { projection } = await house.until(row, (now) => now.projection?.waitsFor !== undefined);
    expect(projection).toMatchObject({ state: 'scheduled', waitsFor: { kind: 'startWindow' } });
    expect(projection?.waitsFor?.until?.getTime()).toBeGreaterThan(Date.now());
    expect(await Slots.countDocuments({ _id: row._id.toHexString() })).toBe(0);
    await Connectors.updateOne({ _id: row.target.connectorId }, { $unset: { startWindow: true } });
    await planChanged(row);
    const done = await house.untilEnded(row);
    expect(done.projection).toMatchObject({ state: 'completed' });
    expect(done.projection?.waitsFor).toBeUndefined();
  });

  it('takes its slots from a running copy when it closes, which goes on where it was when it opens', async () => {
    const row = await states.working();
    await house.until(row, 'working');
    await planOf(row, { startWindow: otherDays() });
    await planChanged(row);
    await house.until(row, (now) => now.projection?.waitsFor !== undefined);
    expect((await house.read(row)).projection?.state).toBe('scheduled');
    expect(await Slots.countDocuments({ _id: row._id.toHexString() })).toBe(0);
    expect(house.servers.open.size).toBe(0);
    house.servers.wire = directWire;
    await planOf(row, {});
    await planChanged(row);
    const done = await house.untilEnded(row);
    expect(done.projection?.state).toBe('completed');
    expect(kinds(done)).toEqual(['cutOver']);
    expect(house.servers.countItems('target', row.target.address)).toBe(100);
    await house.handle(row).result();
    await recordHistory(house, house.handle(row).workflowId, 'start-window');
  });

  it('ends a running copy at its end by itself', async () => {
    const row = await states.working();
    const { projection } = await house.until(row, 'working');
    expect(projection?.waitsFor).toBeUndefined();
    const closes = new Date(Date.now() + 3_000);
    const to = closes.toISOString().slice(11, 19);
    await planOf(row, {
      startWindow: { from: '00:00', to, days: [closes.getUTCDay() || 7], timeZone: 'UTC' },
    });
    await planChanged(row);
    await house.until(row, (now) => now.projection?.waitsFor !== undefined);
    await house.handle(row).signal(signals.stop, { by: administrator });
    await house.untilEnded(row);
  });
});
