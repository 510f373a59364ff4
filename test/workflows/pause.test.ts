import { setTimeout as pause } from 'node:timers/promises';
import { directWire } from '../../src/connectors/memory';
import type { MigrationState } from '../../src/domain/migration';
import { Connectors } from '../../src/models/connectors';
import type { MailUser, MailUserProjection } from '../../src/models/mail-users';
import { Slots } from '../../src/models/slots';
import { migrationStart, signals, workflowTypes, type PauseSignal } from '../../workflows/messages';
import { mainQueue } from '../../workflows/names';
import { administrator, House, pairOf, quickTimes } from './house';
import { recordHistory } from './record-histories';
import { settledStates, signInBoth } from './settled-states';

let house: House;
beforeAll(async () => {
  house = await House.open();
  await house.startWorker();
  await house.startGate();
});
afterAll(() => house.close());
afterEach(() => {
  house.servers.beforeOpen = () => undefined;
  house.servers.beforeClose = () => undefined;
  house.servers.wire = directWire;
});

const states = settledStates(() => house);
const tell = (row: MailUser, signal: 'pause' | 'resume' | 'stop') =>
  house.handle(row).signal<[PauseSignal]>(signal, { by: administrator });

async function untilPaused(row: MailUser): Promise<void> {
  const askedAt = Date.now();
  await tell(row, 'pause');
  const { projection } = await house.until(row, 'paused');
  expect(Date.now() - askedAt).toBeLessThan(10_000);
  expect(projection).toMatchObject({ pausedBy: administrator });
  expect(projection?.timeline.at(-1)).toMatchObject({ state: 'paused', by: administrator });
}

async function expectNothingHeld(row: MailUser): Promise<void> {
  expect(await Slots.countDocuments({ _id: row._id.toHexString() })).toBe(0);
  expect(house.servers.open.size).toBe(0);
}

describe('Pause', () => {
  it.each(['scheduled', 'working', 'throttled', 'upToDate'] as const)(
    'holds a migration that is %s within ten seconds, Resume lets it go on there, and Stop ends it while it is held',
    async (state) => {
      const row = await states[state]();
      await house.until(row, state);
      await untilPaused(row);
      await expectNothingHeld(row);
      await tell(row, 'pause');
      await tell(row, 'resume');
      const { projection } = await house.until(row, state);
      expect(projection?.pausedBy).toBeUndefined();
      await tell(row, 'resume');
      await untilPaused(row);
      await tell(row, 'stop');
      expect((await house.untilEnded(row)).projection).toMatchObject({ state: 'stopped', by: administrator });
      await house.handle(row).result();
      expect(await house.credentialsOf(row)).toBe(0);
      await recordHistory(house, house.handle(row).workflowId, `paused-${state}`);
    },
  );

  it('loses and doubles nothing of what was being put', async () => {
    const row = await states.working();
    await house.until(row, 'working');
    await untilPaused(row);
    house.servers.wire = directWire;
    await tell(row, 'resume');
    expect((await house.untilEnded(row)).projection?.state).toBe('completed');
    expect(house.servers.countItems('target', row.target.address)).toBe(100);
  });

  it('leaves the total as it was told, also where it came while the folders were made', async () => {
    const row = await house.row();
    house.servers.fill(row.source.address, 6, 10);
    let made = 0;
    house.servers.wire = {
      send: async (request, signal) => {
        if (request.kind === 'ensureFolder' && (made += 1) > 3)
          await new Promise((_resolve, reject) =>
            signal.addEventListener('abort', () => reject(signal.reason as Error)),
          );
        return directWire.send(request, signal);
      },
    };
    await house.start(row);
    await signInBoth(house, row);
    const total = ({ counters }: MailUser) => counters && counters.found + counters.remaining;
    await house.until(row, (now) => total(now) === 60);
    await untilPaused(row);
    // Long enough for the next opening to tell of the folders that are planned so far.
    house.servers.wire = {
      send: async (request, signal) => {
        if (request.kind === 'listFolders') await pause(1500);
        return directWire.send(request, signal);
      },
    };
    await tell(row, 'resume');
    const told = new Set<number | undefined>();
    await house.until(row, (now) => {
      told.add(total(now));
      return now.projection?.state === 'completed';
    });
    expect([...told]).toEqual([60]);
  });

  it('lets a user sign in first, and holds what comes then', async () => {
    const row = await states.emailSent();
    await house.until(row, 'emailSent');
    await tell(row, 'pause');
    const { projection } = await house.until(row, (now) => now.projection?.pausedBy !== undefined);
    expect(projection?.state).toBe('emailSent');
    house.servers.fill(row.source.address, 1, 5);
    await signInBoth(house, row);
    await house.until(
      row,
      (now) => now.projection?.state === 'paused' && now.projection.signedIn.length === 2,
    );
    await tell(row, 'resume');
    expect((await house.untilEnded(row)).projection?.state).toBe('completed');
  });

  it('is shown while a password waits for its server, which is tried all the same', async () => {
    const row = await states.verifying();
    await house.until(row, 'verifying');
    await untilPaused(row);
    house.servers.beforeOpen = () => undefined;
    await house.until(row, (now) => now.projection?.signedIn.length === 2);
    expect((await house.read(row)).projection?.state).toBe('paused');
    await tell(row, 'stop');
    await house.untilEnded(row);
  });

  it('that comes with the start, and outlives a history, holds until it is resumed', async () => {
    const row = await house.row({ invitation: 'none' });
    house.servers.fill(row.source.address, 1, 5);
    const input = house.input(row, 'start', { historyEvents: 60 });
    await house.client.workflow.signalWithStart(workflowTypes.migrateMailbox, {
      ...migrationStart({ ...input, reason: 'start' }, pairOf(row)),
      workflowIdConflictPolicy: 'USE_EXISTING',
      signal: signals.pause,
      signalArgs: [{ by: administrator }],
    });
    await signInBoth(house, row);
    await house.until(row, 'paused');
    const first = (await house.handle(row).describe()).runId;
    for (let n = 0; n < 30; n += 1) await tell(row, 'pause');
    await house.until(row, (now) => now.projection?.state === 'paused');
    await tell(row, 'resume');
    expect((await house.untilEnded(row)).projection?.state).toBe('completed');
    expect((await house.handle(row).describe()).runId).not.toBe(first);
    expect(await house.states(row)).toEqual(
      expect.arrayContaining(['awaitingSignIn', 'paused', 'scheduled']),
    );
  });

  it('that comes while a run hands over to the next gives its slots back: Resume asks for them again', async () => {
    const row = await house.row({ invitation: 'none' });
    house.servers.fill(row.source.address, 12, 4);
    const slots = (mailboxesAtOnce: number) =>
      Connectors.updateOne({ _id: row.source.connectorId }, { $set: { mailboxesAtOnce } });
    await slots(0);
    await house.start(row, { historyEvents: 60 });
    await signInBoth(house, row);
    await house.until(row, 'scheduled');
    let close = () => {};
    const closed = new Promise<void>((resolve) => (close = resolve));
    const closing = new Promise<void>((begins) => {
      house.servers.beforeClose = () => {
        begins();
        return closed;
      };
    });
    await slots(20);
    await closing;
    await tell(row, 'pause');
    await house.until(row, (now) => now.projection?.pausedBy !== undefined);
    house.servers.beforeClose = () => undefined;
    close();
    await house.until(row, 'paused');
    await expectNothingHeld(row);
    await slots(0);
    const tried = house.servers.tried.length;
    await tell(row, 'resume');
    await house.until(row, 'scheduled');
    await pause(2000);
    expect(house.servers.tried).toHaveLength(tried);
    await slots(20);
    expect((await house.untilEnded(row)).projection?.state).toBe('completed');
    expect(house.servers.countItems('target', row.target.address)).toBe(48);
  });

  it('does not outlast Cancel in the Temporal UI, which is Stop', async () => {
    const row = await states.upToDate();
    await house.until(row, 'upToDate');
    await untilPaused(row);
    await house.handle(row).cancel();
    expect((await house.untilEnded(row)).projection).toMatchObject({
      state: 'stopped',
      by: { kind: 'system' },
    });
  });
});

/** What a row tells of its mailboxes and of who was asked, and not of the workflow behind it. */
function knownOf({ projection }: MailUser): Partial<MailUserProjection> {
  const { passes, verified, mended, refusals, invitation } = projection ?? {};
  return {
    ...(passes && { passes }),
    ...(verified && { verified }),
    ...(mended && { mended }),
    ...(refusals && { refusals }),
    ...(invitation && { invitation }),
  };
}

describe('Terminate in the Temporal UI', () => {
  it('is found while a migration is paused, up to date or scheduled, and what the row knew of its mailboxes stays', async () => {
    const rows = await Promise.all([states.upToDate(), states.upToDate(), states.scheduled()]);
    const [paused, upToDate, scheduled] = rows;
    await Promise.all([house.until(paused, 'upToDate'), house.until(upToDate, 'upToDate')]);
    await Promise.all([untilPaused(paused), house.until(scheduled, 'scheduled')]);
    const known = new Map<MailUser, Partial<MailUserProjection>>();
    for (const row of rows) known.set(row, knownOf(await house.read(row)));
    expect(known.get(upToDate)?.passes).toMatchObject([{ kind: 'full', endedAt: expect.any(Date) }]);
    expect(known.get(upToDate)?.verified).toBeDefined();
    for (const row of rows) await house.handle(row).terminate('by hand');
    await house.client.workflow.execute(workflowTypes.reconcile, {
      workflowId: 'reconcile-terminated',
      taskQueue: mainQueue,
      args: [{ times: quickTimes, orphanedMs: 100 }],
    });
    for (const row of rows) {
      const { projection } = await house.read(row);
      const state: MigrationState = 'stopped';
      expect(projection).toMatchObject({ state, fault: { text: { code: 'WorkflowEnded' } } });
      expect(projection?.pausedBy).toBeUndefined();
      expect(known.get(row)).toEqual(knownOf(await house.read(row)));
      expect(await house.credentialsOf(row)).toBe(0);
      await expectNothingHeld(row);
    }
  });
});

describe('Start after Stop', () => {
  it('doubles nothing, and makes the pass again that was cut off', async () => {
    const row = await states.working();
    await house.until(row, 'working');
    await tell(row, 'stop');
    await house.untilEnded(row);
    await house.handle(row).result();
    house.servers.wire = directWire;
    await house.start(row);
    await signInBoth(house, row);
    const { projection } = await house.until(row, 'completed');
    expect(projection?.passes).toMatchObject([{ kind: 'cutOver' }, { kind: 'cutOver' }]);
    expect(projection?.passes?.map(({ endedAt }) => endedAt === undefined)).toEqual([true, false]);
    expect(house.servers.countItems('target', row.target.address)).toBe(100);
  });
});
