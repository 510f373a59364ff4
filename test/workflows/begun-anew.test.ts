import { randomUUID } from 'node:crypto';
import { directWire, type MemoryWire } from '../../src/connectors/memory';
import { Fault } from '../../src/domain/faults';
import type { Side } from '../../src/domain/mailbox';
import { Connectors } from '../../src/models/connectors';
import { Credentials } from '../../src/models/credentials';
import type { MailUser } from '../../src/models/mail-users';
import {
  signals,
  type CredentialSignal,
  type PauseSignal,
  type RunPassSignal,
  type StopSignal,
} from '../../workflows/messages';
import { administrator, House, quickTimes } from './house';
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
const byHand = { cutOver: { kind: 'byHand' } } as const;
const day = 24 * 3_600_000;

/** The target takes nothing more. */
const fullTarget: MemoryWire = {
  send: async (request, signal) => {
    if (request.kind !== 'putItems') return directWire.send(request, signal);
    const text = { code: 'ErrorQuotaExceeded', remedy: 'freeSpace' as const, message: 'It is full.' };
    throw new Fault({ kind: 'fatal', side: 'target' }, text, true);
  },
};

const kinds = ({ projection }: MailUser) => projection?.passes?.map(({ kind }) => kind);

async function stopped(row: MailUser): Promise<void> {
  await house.handle(row).signal<[StopSignal]>(signals.stop, { by: administrator });
  await house.untilEnded(row);
  await house.handle(row).result();
}

/** A row that has failed in its first pass and keeps both passwords, of a batch whose cut-over is asked for. */
async function failed(): Promise<MailUser> {
  const row = await house.row({ batch: `failed ${randomUUID()}` });
  await planOf(row, byHand);
  house.servers.fill(row.source.address, 1, 10);
  house.servers.wire = fullTarget;
  await house.start(row);
  await signInBoth(house, row);
  await house.until(row, 'failed');
  await house.handle(row).result();
  house.servers.wire = directWire;
  return row;
}

/** Gives credentials after an end, as the web does it: noted on the row, started, then told. */
async function give(row: MailUser, ...sides: Side[]): Promise<string[]> {
  const given: CredentialSignal[] = [];
  for (const side of sides) given.push(await house.keep(row, side));
  await house.start(row);
  for (const credential of given)
    await house.handle(row).signal<[CredentialSignal]>(signals.credential, credential);
  return given.map(({ credentialId }) => credentialId);
}

const idsOf = async (row: MailUser): Promise<string[]> =>
  (await Credentials.find({ 'owner.id': row._id.toHexString() }).lean()).map(({ _id }) => _id.toHexString());

/** Whether the run at hand has taken a turn for an invitation. */
async function invites(row: MailUser): Promise<boolean> {
  const { events = [] } = await house.handle(row).fetchHistory();
  return (events ?? []).some(
    (event) => event.activityTaskScheduledEventAttributes?.activityType?.name === 'reserveInvitation',
  );
}

describe('credentials that are given after an end', () => {
  it('take the place of what was kept of their side, and of no other', async () => {
    const row = await failed();
    const kept = await idsOf(row);
    const [source] = kept;
    // Who waits for a slot is looked at in peace.
    await Connectors.updateOne({ _id: row.target.connectorId }, { $set: { mailboxesAtOnce: 0 } });
    const given = await give(row, 'source');
    const { projection } = await house.until(
      row,
      (now) => now.projection?.state === 'scheduled' && now.asked.credentialIds.length === 0,
    );
    const used = [...kept.filter((id) => id !== source), ...given].sort();
    expect([...(projection?.usedCredentialIds ?? [])].sort()).toEqual(used);
    expect((await idsOf(row)).sort()).toEqual(used);
    await stopped(row);
  });

  it('invite nobody where they are for all that is wanted', async () => {
    const row = await states.emailSent();
    await house.until(row, 'emailSent');
    await stopped(row);
    await give(row, 'source', 'target');
    const { projection } = await house.until(row, 'completed');
    expect(projection?.epoch).toBe(2);
    expect(await invites(row)).toBe(false);
  });

  it('have the user invited where they are for one of two sides that are wanted', async () => {
    const row = await states.emailSent();
    await house.until(row, 'emailSent');
    await stopped(row);
    await give(row, 'source');
    await house.until(
      row,
      ({ projection }) => projection?.epoch === 2 && projection.invitation?.sentAt !== undefined,
    );
    await stopped(row);
  });
});

describe('a new start', () => {
  it('makes the passes of the plan as it stands, also where a cut-over was cut off', async () => {
    const row = await states.working();
    await house.until(row, 'working');
    await stopped(row);
    await planOf(row, { ...byHand, prestageOlderThan: '2026-10-01' });
    house.servers.wire = directWire;
    await house.start(row);
    await signInBoth(house, row);
    expect(kinds(await house.until(row, 'upToDate'))).toEqual(['cutOver', 'prestage']);
    await stopped(row);
  });

  it('keeps the passwords that it takes over from a failure as long as they are kept at all', async () => {
    const row = await failed();
    await house.start(row, {}, 'retry');
    const { projection } = await house.until(row, 'upToDate');
    const least = Date.now() + quickTimes.credentialLifeMs - day;
    expect(projection?.credentialsDestroyAt?.getTime()).toBeGreaterThan(least);
    const documents = await Credentials.find({ 'owner.id': row._id.toHexString() }).lean();
    for (const { destroyAt, takenAt } of documents)
      expect(destroyAt.getTime() - takenAt.getTime()).toBe(quickTimes.credentialLifeMs);
    await stopped(row);
  });

  it('that is a Retry makes the cut-over that was asked for during the pass that failed', async () => {
    const row = await states.upToDate();
    await house.until(row, 'upToDate');
    const store = house.servers.mailbox('source', row.source.address);
    const [inbox = ''] = store.folders.keys();
    store.addItem(inbox);
    const run = (kind: RunPassSignal['kind']) =>
      house
        .handle(row)
        .signal<[RunPassSignal]>(signals.runPass, { kind, requestId: randomUUID(), by: administrator });
    house.servers.wire = heldPuts;
    await run('delta');
    await house.until(row, 'working');
    await run('cutOver');
    await house.eventuallyTaken(row, signals.runPass);
    const by = { by: administrator };
    await house.handle(row).signal<[PauseSignal]>(signals.pause, by);
    await house.until(row, 'paused');
    house.servers.wire = fullTarget;
    await house.handle(row).signal(signals.resume, by);
    await house.until(row, 'failed');
    await house.handle(row).result();
    house.servers.wire = directWire;
    await house.start(row, {}, 'retry');
    expect(kinds(await house.until(row, 'completed'))).toEqual(['full', 'delta', 'cutOver']);
  });
});
