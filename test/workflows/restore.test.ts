import { shownState } from '../../src/domain/shown-state';
import { MailUsers, type MailUser } from '../../src/models/mail-users';
import { Slots } from '../../src/models/slots';
import { signals, type CredentialSignal, type StopSignal } from '../../workflows/messages';
import { administrator, eventually, type House } from './house';
import { addressesOf, Restorable } from './restorable';
import type { DatabaseBackup } from './set-back';
import { signInBoth } from './settled-states';

let world: Restorable;
let house: House;

beforeAll(async () => {
  world = await Restorable.open();
  house = world.house;
});
afterAll(() => world.close());

describe('a database that is set back', () => {
  const rows = {} as Record<'copying' | 'paused' | 'ended' | 'signedIn' | 'refused' | 'listed', MailUser>;
  let refused: CredentialSignal;
  let backup: DatabaseBackup;

  beforeAll(async () => {
    for (const name of ['copying', 'paused', 'ended', 'signedIn', 'refused', 'listed'] as const)
      rows[name] = await world.listed();
    const { listed: notStarted, ...others } = rows;
    await Promise.all(Object.values(others).map((row) => world.started(row)));
    await world.copying(2, rows.copying, rows.paused, rows.ended);
    refused = await house.keep(rows.refused, 'source', 'wrong');
    backup = await world.backUpDatabase();
    // As though it had been taken before this one was given its slot.
    const slots = backup.get('slots') ?? [];
    backup.set(
      'slots',
      slots.filter(({ _id }) => String(_id) !== rows.copying._id.toHexString()),
    );
    await getOn(notStarted);
    await world.restoreDatabase(backup);
    await world.reconcile();
  });

  /** What the database is to forget. */
  async function getOn(notStarted: MailUser): Promise<void> {
    await Promise.all([rows.copying, rows.paused, rows.ended].map((row) => world.pause(row)));
    world.hold(3, rows.copying, rows.signedIn);
    await Promise.all([rows.copying, rows.ended].map((row) => world.resume(row)));
    await Promise.all([world.started(notStarted), signInBoth(house, rows.signedIn)]);
    await house.handle(rows.refused).signal<[CredentialSignal]>(signals.credential, refused);
    await house.until(rows.refused, ({ projection }) => projection?.refusal !== undefined);
    await Promise.all([world.untilDestroyed(rows.refused), house.handle(rows.ended).result()]);
    await world.untilHeld(rows.copying, rows.signedIn);
  }

  it('to the middle of a copy that has got on since: a slot is asked for again, nothing is lost or doubled', async () => {
    await world.expectWhole(rows.copying);
    const slotsAsked = (await house.states(rows.copying)).filter((state) => state === 'scheduled');
    expect(slotsAsked.length).toBeGreaterThan(1);
  });

  it('to before it was started: the row tells again what its workflow waits for', async () => {
    const { projection } = await house.until(rows.listed, 'awaitingSignIn');
    expect(projection?.wanted).toEqual(['source', 'target']);
  });

  it('to before a password was refused: the password is destroyed again, and the row asks for another one', async () => {
    expect(backup.get('credentials')?.map(({ _id }) => String(_id))).toContain(refused.credentialId);
    await world.untilDestroyed(rows.refused);
    const now = await house.until(rows.refused, ({ projection }) => projection?.refusal !== undefined);
    expect(shownState(now)).toBe('awaitingSignIn');
    await signInBoth(house, rows.refused);
    await world.expectWhole(rows.refused);
  });

  it('to when a slot was held that was given back since: the slot is free again, and the pause goes on', async () => {
    const held = { _id: rows.paused._id.toHexString() };
    expect(backup.get('slots')?.map(({ _id }) => String(_id))).toContain(held._id);
    await house.until(rows.paused, 'paused');
    await eventually(
      async () => ((await Slots.countDocuments(held)) === 0 ? true : undefined),
      () => house.read(rows.paused),
    );
    await world.resume(rows.paused);
    await world.expectWhole(rows.paused);
  });

  it('to before the passwords were given: the row asks for them, and what was put is not put again', async () => {
    await world.signInAgain(rows.signedIn);
    await world.expectWhole(rows.signedIn);
  });

  it('to the middle of a copy that has ended since: the row is found, its passwords are destroyed again, and Start compares all of it', async () => {
    expect((await house.read(rows.ended)).projection).toMatchObject({
      state: 'stopped',
      fault: { text: { code: 'WorkflowEnded' } },
    });
    expect(await house.credentialsOf(rows.ended)).toBe(0);
    await world.started(rows.ended);
    await signInBoth(house, rows.ended);
    await world.expectWhole(rows.ended);
  });
});

describe('a Temporal that is set back', () => {
  const rows = {} as Record<'ended' | 'copying' | 'paused' | 'stopped' | 'signedIn', MailUser>;
  let ended: MailUser;

  beforeAll(async () => {
    const signIn = { kind: 'selfMigration', signInName: { kind: 'address' }, invitation: 'source' } as const;
    rows.ended = await world.listed({ source: await house.connector('source', { signIn }) });
    for (const name of ['copying', 'paused', 'stopped', 'signedIn'] as const)
      rows[name] = await world.listed();
    await Promise.all(Object.values(rows).map((row) => world.started(row)));
    await world.copying(2, rows.ended, rows.copying, rows.paused);
    const backup = world.temporal.backUp();
    await getOn();
    // The invitation, and to both mailboxes that it is done.
    await eventually(
      async () => (told().length === 3 ? true : undefined),
      () => told(),
    );
    ended = await house.read(rows.ended);
    await world.restoreTemporal(backup);
    await world.reconcile();
  });

  /** What Temporal is to forget. */
  async function getOn(): Promise<void> {
    await Promise.all([rows.ended, rows.copying, rows.paused].map((row) => world.pause(row)));
    world.hold(2, rows.copying, rows.signedIn);
    await Promise.all([rows.ended, rows.copying].map((row) => world.resume(row)));
    await house.handle(rows.stopped).signal<[StopSignal]>(signals.stop, { by: administrator });
    await signInBoth(house, rows.signedIn);
    await Promise.all([rows.ended, rows.stopped].map((row) => house.handle(row).result()));
    await world.untilHeld(rows.copying, rows.signedIn);
  }

  const told = () =>
    house.inbox.recipients.filter((to) => Object.values(addressesOf(rows.ended)).includes(to));

  it('to the middle of a copy that is Completed: the row stays so, nobody is told again, and the migration ends', async () => {
    expect(await house.handle(rows.ended).result()).toMatchObject({ state: 'gone' });
    expect((await house.read(rows.ended)).projection).toEqual(ended.projection);
    expect(told()).toHaveLength(3);
    await world.expectWhole(rows.ended);
  });

  it('to before a stop: the row stays Stopped, and the migration ends', async () => {
    expect(await house.handle(rows.stopped).result()).toMatchObject({ state: 'gone' });
    expect((await house.read(rows.stopped)).projection).toMatchObject({
      state: 'stopped',
      by: administrator,
    });
  });

  it('to the middle of a copy that has got on since: it goes above what it gave out, and doubles nothing', async () => {
    await world.expectWhole(rows.copying);
  });

  it('to before a pause: the row tells it of it, and nothing is copied until it is resumed', async () => {
    const count = world.inTarget(rows.paused);
    await eventually(
      async () => ((await house.said(rows.paused)) === 'paused' ? true : undefined),
      () => house.read(rows.paused),
    );
    expect(world.inTarget(rows.paused)).toBe(count);
    await world.resume(rows.paused);
    await world.expectWhole(rows.paused);
  });

  it('to before the passwords were given: they are told again, and it goes on', async () => {
    await house.until(rows.signedIn, 'awaitingSignIn');
    await world.reconcile();
    await world.expectWhole(rows.signedIn);
  });
});

describe('a database that is lost', () => {
  it('but for the list: the row asks for the passwords, and nothing is doubled', async () => {
    const row = await world.started(await world.listed());
    await world.copying(3, row);
    const all = await world.backUpDatabase();
    const list = ['connectors', 'mailUsers'].map((name) => [name, all.get(name) ?? []] as const);
    await world.restoreDatabase(new Map(list));
    await world.signInAgain(row);
    await world.expectWhole(row);
  });

  it('wholly: its migrations end, and who is listed and started again is moved without doubling anything', async () => {
    const waiting = await world.started(await world.listed());
    const row = await world.started(await world.listed());
    await world.copying(3, row);
    await world.restoreDatabase(new Map());
    await world.reconcile();
    for (const one of [waiting, row])
      expect(await house.handle(one).result()).toMatchObject({ state: 'gone' });
    world.connectors = { source: await house.connector('source'), target: await house.connector('target') };
    const again = await house.row({ invitation: 'none', ...world.connectors });
    await MailUsers.updateOne(
      { _id: again._id },
      {
        $set: {
          source: { ...row.source, connectorId: world.connectors.source._id },
          target: { ...row.target, connectorId: world.connectors.target._id },
        },
      },
    );
    const listedAgain = await house.read(again);
    await world.started(listedAgain);
    await signInBoth(house, listedAgain);
    await world.expectWhole(listedAgain);
  });
});

describe('a Temporal that is lost', () => {
  it('in the middle of a copy: the row is Stopped, its passwords are destroyed, and Start goes on', async () => {
    const row = await world.started(await world.listed());
    await world.copying(2, row);
    await world.restoreTemporal();
    await world.reconcile();
    expect((await house.read(row)).projection?.state).toBe('stopped');
    expect(await house.credentialsOf(row)).toBe(0);
    await world.started(row, 'retry');
    await signInBoth(house, row);
    await world.expectWhole(row);
  });
});
