import { randomUUID } from 'node:crypto';
import { directWire, type MemoryWire } from '../../src/connectors/memory';
import { defaultBatchPlan, type BatchPlan } from '../../src/domain/batch-plan';
import type { MigrationTimes } from '../../src/domain/migration';
import { Fault } from '../../src/domain/faults';
import { Batches } from '../../src/models/batches';
import { Connectors } from '../../src/models/connectors';
import type { MailUser } from '../../src/models/mail-users';
import type { House } from './house';
import { unreachable } from './mail-servers';

/** Edits the plan of the row's batch. */
export async function planOf({ batch }: MailUser, change: Partial<BatchPlan>): Promise<void> {
  const plan = { ...defaultBatchPlan, ...change };
  await Batches.replaceOne(
    { _id: batch },
    { _id: batch, plan, revision: 1, editedAt: new Date() },
    { upsert: true },
  );
}

export async function signInBoth(house: House, row: MailUser): Promise<void> {
  await house.until(row, (now) => (now.projection?.wanted.length ?? 0) === 2);
  await house.signIn(row, 'source');
  await house.signIn(row, 'target');
}

/** Nothing is put; who wants to waits until he is interrupted. */
export const heldPuts: MemoryWire = {
  send: async (request, signal) => {
    if (request.kind === 'putItems')
      await new Promise((_resolve, reject) =>
        signal.addEventListener('abort', () => reject(signal.reason as Error)),
      );
    return directWire.send(request, signal);
  },
};

/** Each brings a row into a state that it stays in. */
export const settledStates = (house: () => House) =>
  ({
    async upToDate(times: Partial<MigrationTimes> = {}) {
      const row = await house().row({ invitation: 'none', batch: `by hand ${randomUUID()}` });
      await planOf(row, { cutOver: { kind: 'byHand' } });
      house().servers.fill(row.source.address, 2, 10);
      await house().start(row, times);
      await signInBoth(house(), row);
      return row;
    },
    async emailSent() {
      const row = await house().row();
      await house().start(row);
      return row;
    },
    async awaitingSignIn() {
      const row = await house().row({ invitation: 'none' });
      await house().start(row);
      return row;
    },
    async verifying() {
      house().servers.beforeOpen = () => {
        throw unreachable();
      };
      const row = await house().row();
      await house().start(row);
      await signInBoth(house(), row);
      return row;
    },
    async scheduled() {
      const row = await house().row();
      await Connectors.updateOne({ _id: row.source.connectorId }, { $set: { mailboxesAtOnce: 0 } });
      await house().start(row);
      await signInBoth(house(), row);
      return row;
    },
    async working(times: Partial<MigrationTimes> = {}) {
      const row = await house().row({ batch: `working ${randomUUID()}` });
      house().servers.fill(row.source.address, 2, 50);
      house().servers.wire = heldPuts;
      await house().start(row, times);
      await signInBoth(house(), row);
      return row;
    },
    async throttled() {
      const row = await house().row();
      let asked = 0;
      house().servers.beforeOpen = (side) => {
        if (side !== 'source' || ++asked !== 2) return;
        const text = {
          code: 'ErrorServerBusy',
          remedy: 'wait' as const,
          message: 'The server asks to wait.',
        };
        throw new Fault({ kind: 'throttled', retryAfterMs: 3_600_000, scope: 'mailbox' }, text, true);
      };
      await house().start(row);
      await signInBoth(house(), row);
      return row;
    },
    async signInNeeded() {
      const row = await house().row();
      let asked = 0;
      house().servers.beforeOpen = (side) => {
        if (side !== 'source') return;
        asked += 1;
        // Accepted when it was typed, then refused twice, which is as often as an opening asks.
        if (asked === 1 || asked > 3) return;
        const text = {
          code: 'HTTP 401',
          remedy: 'signInAgain' as const,
          message: 'The password was changed.',
        };
        throw new Fault({ kind: 'credential', side: 'source' }, text, true);
      };
      await house().start(row);
      await signInBoth(house(), row);
      return row;
    },
  }) satisfies Record<string, (times?: Partial<MigrationTimes>) => Promise<MailUser>>;
