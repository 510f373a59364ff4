import { randomUUID } from 'node:crypto';
import type { ConnectorDocument } from '../../src/models/connectors';
import { shownState } from '../../src/domain/shown-state';
import { Slots } from '../../src/models/slots';
import { MailUsers, type MailUser } from '../../src/models/mail-users';
import { mainQueue } from '../../workflows/names';
import {
  signals,
  workflowTypes,
  type CredentialSignal,
  type PauseSignal,
  type ResumeSignal,
} from '../../workflows/messages';
import type { MigrationTimes } from '../../src/domain/migration';
import { faulty } from '../campaign/oracle';
import { ExchangeSides } from './exchange-sides';
import { administrator, eventually, House, quickTimes, type RowChange, type RunningWorker } from './house';
import { backUpDatabase, OwnTemporal, restoreDatabase, type DatabaseBackup } from './set-back';
import { signInBoth } from './settled-states';

let temporal: OwnTemporal;
let sides: ExchangeSides;
let house: House;
let worker: RunningWorker;
let connectors: { source: ConnectorDocument; target: ConnectorDocument };

const size = { folders: 3, items: 12 };
const items = size.folders * size.items;
const parcelItems = 4;
const times: Partial<MigrationTimes> = { heartbeatMs: 3000, retryMostMs: 500 };

beforeAll(async () => {
  [temporal, sides] = await Promise.all([OwnTemporal.start(), ExchangeSides.open()]);
  house = await House.open(await temporal.namespace());
  connectors = { source: await house.connector('source'), target: await house.connector('target') };
  await startWorker();
  await house.startGate();
});
afterAll(async () => {
  await house.close();
  await sides.close();
});

async function startWorker(): Promise<void> {
  const { copying } = house.deps();
  worker = await house.startWorker({
    serverOf: sides.serverOf,
    copying: { ...copying, parcel: { items: parcelItems, bytes: 1 << 20 } },
  });
}

/** With workers stopped, as the manual asks for. */
async function whileStopped(work: () => Promise<void>): Promise<void> {
  await worker.end();
  await work();
  sides.releasePuts();
  await startWorker();
}

const setBackDatabase = (backup: DatabaseBackup) => restoreDatabase(house.database.connection, backup);
const backUp = () => backUpDatabase(house.database.connection);
const addressesOf = ({ source, target }: MailUser) => ({ source: source.address, target: target.address });
const inTarget = (row: MailUser) => sides.count('target', row.target.address);

async function listed(change: RowChange = {}): Promise<MailUser> {
  const row = await house.row({ invitation: 'none', ...connectors, ...change });
  await sides.addPair(addressesOf(row), house.servers.password, size);
  return row;
}

/** A migration that waits for both passwords. */
async function started(row: MailUser, reason?: 'retry'): Promise<MailUser> {
  await house.start(row, times, reason);
  return house.until(row, (now) => now.projection?.wanted.length === 2);
}

/** From now on each of these puts so many parcels, and waits for the answers to further ones for ever. */
const hold = (parcels: number, ...rows: MailUser[]) =>
  sides.holdPuts(
    parcels,
    rows.map(({ target }) => target.address),
  );

/** Has these copy until they stand still. */
async function copying(parcels: number, ...rows: MailUser[]): Promise<void> {
  hold(parcels, ...rows);
  await Promise.all(rows.map((row) => signInBoth(house, row)));
  await Promise.all(rows.map((row) => untilPut(row, parcels * parcelItems)));
}

const untilPut = (row: MailUser, count: number) =>
  eventually(
    async () => (inTarget(row) >= count ? true : undefined),
    () => inTarget(row),
  );

async function pause(row: MailUser): Promise<void> {
  await house.handle(row).signal<[PauseSignal]>(signals.pause, { by: administrator });
  await house.until(row, 'paused');
}

const resume = (row: MailUser) =>
  house.handle(row).signal<[ResumeSignal]>(signals.resume, { by: administrator });

const untilDestroyed = (row: MailUser) =>
  eventually(
    async () => ((await house.credentialsOf(row)) === 0 ? true : undefined),
    () => house.read(row),
  );

/** Both passwords are asked for, one after the other, and given. */
async function signInAgain(row: MailUser): Promise<void> {
  for (const side of ['source', 'target'] as const) {
    await house.until(
      row,
      ({ projection }) => projection?.state === 'signInNeeded' && projection.wanted.includes(side),
    );
    await house.signIn(row, side);
  }
}

async function isWhole(row: MailUser): Promise<void> {
  const { projection, counters } = await house.untilEnded(row);
  expect(projection?.state).toBe('completed');
  expectOnce(row);
  expect(counters).toMatchObject({ found: items, failed: 0, skipped: 0 });
}

function expectOnce(row: MailUser): void {
  const verdict = sides.judge(addressesOf(row));
  expect(faulty.flatMap((what) => verdict[what].map((item) => ({ what, item })))).toEqual([]);
  expect(inTarget(row)).toBe(items);
}

/** One look as the schedule takes it every five minutes. */
async function reconcile(): Promise<void> {
  await house.client.workflow.execute(workflowTypes.reconcile, {
    workflowId: `reconcile-${randomUUID()}`,
    taskQueue: mainQueue,
    args: [{ times: { ...quickTimes, ...times }, orphanedMs: 100 }],
  });
}

describe('a database that is set back', () => {
  const rows = {} as Record<'copying' | 'paused' | 'ended' | 'signedIn' | 'refused' | 'listed', MailUser>;
  let refused: CredentialSignal;
  let backup: DatabaseBackup;

  beforeAll(async () => {
    for (const name of ['copying', 'paused', 'ended', 'signedIn', 'refused', 'listed'] as const)
      rows[name] = await listed();
    const { listed: notStarted, ...others } = rows;
    await Promise.all(Object.values(others).map((row) => started(row)));
    await copying(2, rows.copying, rows.paused, rows.ended);
    refused = await house.keep(rows.refused, 'source', 'wrong');
    backup = await backUp();
    // As though it had been taken before this one was given its slot.
    const slots = backup.get('slots') ?? [];
    backup.set(
      'slots',
      slots.filter(({ _id }) => String(_id) !== rows.copying._id.toHexString()),
    );
    await getOn(notStarted);
    await whileStopped(() => setBackDatabase(backup));
    await reconcile();
  });

  /** What the database is to forget. */
  async function getOn(notStarted: MailUser): Promise<void> {
    await Promise.all([rows.copying, rows.paused, rows.ended].map(pause));
    const before = inTarget(rows.copying);
    hold(3, rows.copying, rows.signedIn);
    await Promise.all([rows.copying, rows.ended].map(resume));
    await Promise.all([started(notStarted), signInBoth(house, rows.signedIn)]);
    await house.handle(rows.refused).signal<[CredentialSignal]>(signals.credential, refused);
    await house.until(rows.refused, ({ projection }) => projection?.refusal !== undefined);
    await Promise.all([untilDestroyed(rows.refused), house.handle(rows.ended).result()]);
    await untilPut(rows.copying, before + 2 * parcelItems);
    await untilPut(rows.signedIn, 3 * parcelItems);
  }

  it('to the middle of a copy that has got on since: a slot is asked for again, nothing is lost or doubled', async () => {
    await isWhole(rows.copying);
    const slotsAsked = (await house.states(rows.copying)).filter((state) => state === 'scheduled');
    expect(slotsAsked.length).toBeGreaterThan(1);
  });

  it('to before it was started: the row tells again what its workflow waits for', async () => {
    const { projection } = await house.until(rows.listed, 'awaitingSignIn');
    expect(projection?.wanted).toEqual(['source', 'target']);
  });

  it('to before a password was refused: the password is destroyed again, and the row asks for another one', async () => {
    expect(backup.get('credentials')?.map(({ _id }) => String(_id))).toContain(refused.credentialId);
    await untilDestroyed(rows.refused);
    const now = await house.until(rows.refused, ({ projection }) => projection?.refusal !== undefined);
    expect(shownState(now)).toBe('awaitingSignIn');
    await signInBoth(house, rows.refused);
    await isWhole(rows.refused);
  });

  it('to when a slot was held that was given back since: the slot is free again, and the pause goes on', async () => {
    const held = { _id: rows.paused._id.toHexString() };
    expect(backup.get('slots')?.map(({ _id }) => String(_id))).toContain(held._id);
    await house.until(rows.paused, 'paused');
    await eventually(
      async () => ((await Slots.countDocuments(held)) === 0 ? true : undefined),
      () => house.read(rows.paused),
    );
    await resume(rows.paused);
    await isWhole(rows.paused);
  });

  it('to before the passwords were given: the row asks for them, and what was put is not put again', async () => {
    await signInAgain(rows.signedIn);
    await isWhole(rows.signedIn);
  });

  it('to the middle of a copy that has ended since: the row is found, its passwords are destroyed again, and Start compares all of it', async () => {
    expect((await house.read(rows.ended)).projection).toMatchObject({
      state: 'stopped',
      fault: { text: { code: 'WorkflowEnded' } },
    });
    expect(await house.credentialsOf(rows.ended)).toBe(0);
    await started(rows.ended);
    await signInBoth(house, rows.ended);
    await isWhole(rows.ended);
  });
});

describe('a Temporal that is set back', () => {
  const rows = {} as Record<'ended' | 'paused' | 'signedIn', MailUser>;
  let ended: MailUser;

  beforeAll(async () => {
    const signIn = { kind: 'selfMigration', signInName: { kind: 'address' }, invitation: 'source' } as const;
    rows.ended = await listed({ source: await house.connector('source', { signIn }) });
    rows.paused = await listed();
    rows.signedIn = await listed();
    await Promise.all(Object.values(rows).map((row) => started(row)));
    await copying(2, rows.ended, rows.paused);
    const backup = temporal.backUp();
    await Promise.all([rows.ended, rows.paused].map(pause));
    await copying(2, rows.signedIn);
    await resume(rows.ended);
    await house.handle(rows.ended).result();
    // The invitation, and to both mailboxes that it is done.
    await eventually(
      async () => (told().length === 3 ? true : undefined),
      () => told(),
    );
    ended = await house.read(rows.ended);
    await whileStopped(() => temporal.setBack(backup));
    await reconcile();
  });

  const told = () =>
    house.inbox.recipients.filter((to) => Object.values(addressesOf(rows.ended)).includes(to));

  it('to the middle of a copy that is Completed: the row stays so, nobody is told again, and the migration ends', async () => {
    expect(await house.handle(rows.ended).result()).toMatchObject({ state: 'gone' });
    expect((await house.read(rows.ended)).projection).toEqual(ended.projection);
    expect(told()).toHaveLength(3);
    await isWhole(rows.ended);
  });

  it('to before a pause: the row tells it of it, and nothing is copied until it is resumed', async () => {
    const count = inTarget(rows.paused);
    await eventually(
      async () => ((await house.saidState(rows.paused)) === 'paused' ? true : undefined),
      () => house.read(rows.paused),
    );
    expect(inTarget(rows.paused)).toBe(count);
    await resume(rows.paused);
    await isWhole(rows.paused);
  });

  it('to before the passwords were given: they are told again, and it goes on', async () => {
    await house.until(rows.signedIn, 'awaitingSignIn');
    await reconcile();
    await isWhole(rows.signedIn);
  });
});

describe('a database that is lost', () => {
  it('but for the list: the row asks for the passwords, and nothing is doubled', async () => {
    const row = await started(await listed());
    await copying(3, row);
    const all = await backUp();
    const list = ['connectors', 'mailUsers'].map((name) => [name, all.get(name) ?? []] as const);
    await whileStopped(() => setBackDatabase(new Map(list)));
    await signInAgain(row);
    await isWhole(row);
  });

  it('wholly: its migrations end, and who is listed and started again is moved without doubling anything', async () => {
    const waiting = await started(await listed());
    const row = await started(await listed());
    await copying(3, row);
    await whileStopped(() => setBackDatabase(new Map()));
    await reconcile();
    for (const one of [waiting, row])
      expect(await house.handle(one).result()).toMatchObject({ state: 'gone' });
    connectors = { source: await house.connector('source'), target: await house.connector('target') };
    const again = await house.row({ invitation: 'none', ...connectors });
    await MailUsers.updateOne(
      { _id: again._id },
      {
        $set: {
          source: { ...row.source, connectorId: connectors.source._id },
          target: { ...row.target, connectorId: connectors.target._id },
        },
      },
    );
    const listedAgain = await house.read(again);
    await started(listedAgain);
    await signInBoth(house, listedAgain);
    await isWhole(listedAgain);
  });
});

describe('a Temporal that is lost', () => {
  it('in the middle of a copy: the row is Stopped, its passwords are destroyed, and Start goes on', async () => {
    const row = await started(await listed());
    await copying(2, row);
    await whileStopped(() => temporal.setBack());
    await house.startGate();
    await reconcile();
    expect((await house.read(row)).projection?.state).toBe('stopped');
    expect(await house.credentialsOf(row)).toBe(0);
    await started(row, 'retry');
    await signInBoth(house, row);
    await isWhole(row);
  });
});
