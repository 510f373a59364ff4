import { randomUUID } from 'node:crypto';
import type { MigrationTimes } from '../../src/domain/migration';
import type { ConnectorDocument } from '../../src/models/connectors';
import type { MailUser } from '../../src/models/mail-users';
import { signals, workflowTypes, type PauseSignal, type ResumeSignal } from '../../workflows/messages';
import { mainQueue } from '../../workflows/names';
import { faulty } from '../campaign/oracle';
import { ExchangeSides } from './exchange-sides';
import { administrator, eventually, House, quickTimes, type RowChange, type RunningWorker } from './house';
import { backUpDatabase, OwnTemporal, restoreDatabase, type DatabaseBackup } from './set-back';
import { signInBoth } from './settled-states';

const size = { folders: 3, items: 12 };
const items = size.folders * size.items;
const times: Partial<MigrationTimes> = { heartbeatMs: 3000, retryMostMs: 500 };

const parcelItems = 4;

export const addressesOf = ({ source, target }: MailUser) => ({
  source: source.address,
  target: target.address,
});

/** A house whose Temporal and database can be restored, with mailboxes on two Exchange simulators that nobody restores. */
export class Restorable {
  private worker?: RunningWorker;

  private constructor(
    readonly temporal: OwnTemporal,
    readonly sides: ExchangeSides,
    readonly house: House,
    /** Those of the rows that are listed from now on. */
    public connectors: Record<'source' | 'target', ConnectorDocument>,
  ) {}

  static async open(): Promise<Restorable> {
    const [temporal, sides] = await Promise.all([OwnTemporal.start(), ExchangeSides.open()]);
    const house = await House.open(await temporal.namespace());
    const connectors = { source: await house.connector('source'), target: await house.connector('target') };
    const world = new Restorable(temporal, sides, house, connectors);
    await world.startWorker();
    await house.startGate();
    return world;
  }

  async close(): Promise<void> {
    await this.house.close();
    await this.sides.close();
  }

  private async startWorker(): Promise<void> {
    const { copying } = this.house.deps();
    this.worker = await this.house.startWorker({
      serverOf: this.sides.serverOf,
      copying: { ...copying, parcel: { items: parcelItems, bytes: 1 << 20 } },
    });
  }

  /** With workers stopped, as the manual asks for. */
  private async whileStopped(work: () => Promise<void>): Promise<void> {
    await this.worker?.end();
    await work();
    this.sides.releasePuts();
    await this.startWorker();
  }

  backUpDatabase(): Promise<DatabaseBackup> {
    return backUpDatabase(this.house.database.connection);
  }

  async restoreDatabase(backup: DatabaseBackup): Promise<void> {
    await this.whileStopped(() => restoreDatabase(this.house.database.connection, backup));
  }

  /** @param backup of `temporal.backUp`; without one Temporal is lost */
  async restoreTemporal(backup?: string): Promise<void> {
    await this.whileStopped(() => this.temporal.setBack(backup));
    if (backup === undefined) await this.house.startGate();
  }

  /** One look as the schedule takes it every five minutes. */
  async reconcile(): Promise<void> {
    await this.house.client.workflow.execute(workflowTypes.reconcile, {
      workflowId: `reconcile-${randomUUID()}`,
      taskQueue: mainQueue,
      args: [{ times: { ...quickTimes, ...times }, orphanedMs: 100 }],
    });
  }

  async listed(change: RowChange = {}): Promise<MailUser> {
    const row = await this.house.row({ invitation: 'none', ...this.connectors, ...change });
    await this.sides.addPair(addressesOf(row), this.house.servers.password, size);
    return row;
  }

  /** A migration that waits for both passwords. */
  async started(row: MailUser, reason?: 'retry'): Promise<MailUser> {
    await this.house.start(row, times, reason);
    return this.house.until(row, (now) => now.projection?.wanted.length === 2);
  }

  /** From now on each of these puts so many parcels, and waits for the answers to further ones for ever. */
  hold(parcels: number, ...rows: MailUser[]): void {
    this.sides.holdPuts(
      parcels,
      rows.map(({ target }) => target.address),
    );
  }

  /** Has these copy until they stand still. */
  async copying(parcels: number, ...rows: MailUser[]): Promise<void> {
    this.hold(parcels, ...rows);
    await Promise.all(rows.map((row) => signInBoth(this.house, row)));
    await this.untilHeld(...rows);
  }

  inTarget(row: MailUser): number {
    return this.sides.count('target', row.target.address);
  }

  /** Until each of these stands still. */
  async untilHeld(...rows: MailUser[]): Promise<void> {
    await eventually(
      async () => (rows.every(({ target }) => this.sides.isHeld(target.address)) ? true : undefined),
      () => rows.map((row) => this.inTarget(row)),
    );
  }

  async pause(row: MailUser): Promise<void> {
    await this.house.handle(row).signal<[PauseSignal]>(signals.pause, { by: administrator });
    await this.house.until(row, 'paused');
  }

  async resume(row: MailUser): Promise<void> {
    await this.house.handle(row).signal<[ResumeSignal]>(signals.resume, { by: administrator });
  }

  async untilDestroyed(row: MailUser): Promise<void> {
    await eventually(
      async () => ((await this.house.credentialsOf(row)) === 0 ? true : undefined),
      () => this.house.read(row),
    );
  }

  /** Both passwords are asked for, one after the other, and given. */
  async signInAgain(row: MailUser): Promise<void> {
    for (const side of ['source', 'target'] as const) {
      await this.house.until(
        row,
        ({ projection }) => projection?.state === 'signInNeeded' && projection.wanted.includes(side),
      );
      await this.house.signIn(row, side);
    }
  }

  /** It comes to a clean end, and all that is in the source is in the target, once and unchanged. */
  async expectWhole(row: MailUser): Promise<void> {
    const { projection, counters } = await this.house.untilEnded(row);
    expect(projection?.state).toBe('completed');
    const verdict = this.sides.judge(addressesOf(row));
    expect(faulty.flatMap((what) => verdict[what].map((item) => ({ what, item })))).toEqual([]);
    expect(this.inTarget(row)).toBe(items);
    expect(counters).toMatchObject({ found: items, failed: 0, skipped: 0 });
  }
}
