import { Connectors } from '../../src/models/connectors';
import type { MailUser } from '../../src/models/mail-users';
import { Slots } from '../../src/models/slots';
import { directWire } from '../../src/connectors/memory';
import { Fault } from '../../src/domain/faults';
import { signals, type StopSignal } from '../../workflows/messages';
import { administrator, House } from './house';
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
  house.servers.wire = directWire;
});

const stop = (row: MailUser) => house.handle(row).signal<[StopSignal]>(signals.stop, { by: administrator });

async function signInBoth(row: MailUser): Promise<void> {
  await house.until(row, (now) => (now.projection?.wanted.length ?? 0) === 2);
  await house.signIn(row, 'source');
  await house.signIn(row, 'target');
}

/** Brings a row into a state that it stays in. */
const states: Record<string, () => Promise<MailUser>> = {
  async emailSent() {
    const row = await house.row();
    await house.start(row);
    return row;
  },
  async awaitingSignIn() {
    const row = await house.row({ invitation: 'none' });
    await house.start(row);
    return row;
  },
  async verifying() {
    house.servers.beforeOpen = () => {
      throw unreachable();
    };
    const row = await house.row();
    await house.start(row);
    await signInBoth(row);
    return row;
  },
  async scheduled() {
    const row = await house.row();
    await Connectors.updateOne({ _id: row.source.connectorId }, { $set: { mailboxesAtOnce: 0 } });
    await house.start(row);
    await signInBoth(row);
    return row;
  },
  async working() {
    const row = await house.row();
    house.servers.fill(row.source.address, 2, 50);
    house.servers.wire = {
      send: async (request, signal) => {
        if (request.kind === 'putItems')
          await new Promise((_resolve, reject) =>
            signal.addEventListener('abort', () => reject(signal.reason as Error)),
          );
        return directWire.send(request, signal);
      },
    };
    await house.start(row);
    await signInBoth(row);
    return row;
  },
  async throttled() {
    const row = await house.row();
    let asked = 0;
    house.servers.beforeOpen = (side) => {
      if (side !== 'source' || ++asked !== 2) return;
      const text = { code: 'ErrorServerBusy', remedy: 'wait' as const, message: 'The server asks to wait.' };
      throw new Fault({ kind: 'throttled', retryAfterMs: 3_600_000, scope: 'mailbox' }, text, true);
    };
    await house.start(row);
    await signInBoth(row);
    return row;
  },
  async signInNeeded() {
    const row = await house.row();
    let asked = 0;
    house.servers.beforeOpen = (side) => {
      if (side !== 'source' || ++asked !== 2) return;
      const text = { code: 'HTTP 401', remedy: 'signInAgain' as const, message: 'The password was changed.' };
      throw new Fault({ kind: 'credential', side: 'source' }, text, true);
    };
    await house.start(row);
    await signInBoth(row);
    return row;
  },
};

describe('Stop', () => {
  it.each(Object.keys(states))(
    'ends a migration that is %s within ten seconds, and leaves nothing behind',
    async (state) => {
      const row = (await states[state]?.()) as MailUser;
      await house.until(row, (now) => now.projection?.state === state);
      const askedAt = Date.now();
      await stop(row);
      const { projection, asked } = await house.untilEnded(row);
      expect(Date.now() - askedAt).toBeLessThan(10_000);
      expect(projection).toMatchObject({ state: 'stopped', by: administrator, wanted: [], signedIn: [] });
      await house.handle(row).result();
      expect(await house.credentialsOf(row)).toBe(0);
      expect(asked.credentialIds).toEqual([]);
      expect(await Slots.countDocuments({ _id: row._id.toHexString() })).toBe(0);
      expect(house.servers.open.size).toBe(0);
      await recordHistory(house, house.handle(row).workflowId, `stopped-${state}`);
    },
  );

  it('is what cancelling the workflow in the Temporal UI means', async () => {
    const row = (await states.working?.()) as MailUser;
    await house.until(row, 'working');
    await house.handle(row).cancel();
    const { projection } = await house.untilEnded(row);
    expect(projection).toMatchObject({ state: 'stopped', by: { kind: 'system' } });
    expect(await house.credentialsOf(row)).toBe(0);
  });

  it('destroys a credential that comes after it', async () => {
    const row = (await states.emailSent?.()) as MailUser;
    await house.until(row, 'emailSent');
    await stop(row);
    await house.signIn(row, 'source').catch(() => undefined);
    await house.untilEnded(row);
    await house.handle(row).result();
    expect(await house.credentialsOf(row)).toBeLessThanOrEqual(1);
  });
});
