import { mongo } from 'mongoose';
import { TellingConnection } from '../../src/models/telling-connection';

/** How the pages see a row: read from the database as an operator would. */
export interface Row {
  id: string;
  state: string;
  epoch: number;
  startPending: boolean;
  /** Whether its passes left items out that should have been copied. */
  hasIssues: boolean;
  /** The states in which it ended, in their order; what was found ended from outside is `WorkflowEnded`. */
  ends: string[];
  /** Passes that have ended. */
  passesEnded: number;
  copied: number;
  /** Of so many items it says that they were changed or removed in the target. */
  changedInTarget: number;
  /** What the pass does just now. */
  step?: string;
  pairId?: string;
  fault?: string;
}

/** States in which a migration has ended. */
const ends = /^(completed|completedWithIssues|failed|stopped|expired)$/;
export const hasEndedAs = (state: string): boolean => ends.test(state);
/** Whether it has ended, and nobody has asked for a further start. */
export const hasEnded = ({ state, startPending }: Row): boolean => hasEndedAs(state) && !startPending;

const passesOf = (passes: unknown) => (passes ?? []) as { endedAt?: unknown }[];

function endsOf(timeline: unknown): string[] {
  const lines = (timeline ?? []) as { state: string; fault?: { code: string } }[];
  return lines
    .filter(({ state }) => hasEndedAs(state))
    .map(({ state, fault }) => (fault?.code === 'WorkflowEnded' ? fault.code : state));
}

interface Entry {
  sourceKey: string;
  outcome: { kind: string; reason?: { code: string } };
}

/** What the product says about a migration. It is read as data: what `src` makes of it is not asked. */
export class Product {
  private readonly database: mongo.Db;

  private constructor(private readonly client: mongo.MongoClient) {
    this.database = client.db();
  }

  static async connect(uri: string): Promise<Product> {
    const options = { serverSelectionTimeoutMS: 2000, maxPoolSize: 3, connectionType: TellingConnection };
    return new Product(await mongo.MongoClient.connect(uri, options));
  }

  /** The row of this source address. @throws where there is none, or the database is away */
  async row(address: string): Promise<Row> {
    const found = await this.database.collection('mailUsers').findOne({ 'source.address': address });
    if (!found) throw new Error(`${address} is not listed`);
    const { projection, counters, asked, pairId } = found as mongo.Document;
    const { startId } = (asked ?? {}) as { startId?: string };
    return {
      id: String(found._id),
      state: String(projection?.state ?? 'notStarted'),
      epoch: Number(projection?.epoch ?? 0),
      startPending: startId !== undefined && startId !== projection?.handledStartId,
      hasIssues: Number(counters?.failed ?? 0) + Number(counters?.skipped ?? 0) > 0,
      ends: endsOf(projection?.timeline),
      passesEnded: passesOf(projection?.passes).filter(({ endedAt }) => endedAt !== undefined).length,
      copied: Number(counters?.copied ?? 0),
      changedInTarget: Number(projection?.verified?.changedByUser ?? 0),
      ...(projection?.pass ? { step: String(projection.pass.step) } : {}),
      ...(typeof pairId === 'string' ? { pairId } : {}),
      ...(projection?.fault ? { fault: String(projection.fault.text?.code) } : {}),
    };
  }

  /** The items that the ledger names as not copied, by key, with the code of the reason; what was mended later is not among them. */
  async named(pairId: string): Promise<Map<string, string>> {
    const newest = new Map<string, { seq: number; entry: Entry }>();
    const folders = await this.database
      .collection<{ _id: string } & mongo.Document>('folders')
      .find({ pairId })
      .toArray();
    for (const { _id } of folders) {
      for await (const parcel of this.database.collection('parcels').find({ folder: _id })) {
        for (const entry of parcel.entries as Entry[]) {
          const known = newest.get(entry.sourceKey);
          if (known === undefined || known.seq <= Number(parcel.seq))
            newest.set(entry.sourceKey, { seq: Number(parcel.seq), entry });
        }
      }
    }
    const named = [...newest].filter(([, { entry }]) => /^(failed|skipped)$/.test(entry.outcome.kind));
    return new Map(named.map(([key, { entry }]) => [key, entry.outcome.reason?.code ?? '']));
  }

  /** Each connector takes so many mailboxes at once from now on, as if the administrator had kept its form. */
  async letAtOnce(mailboxesAtOnce: number): Promise<void> {
    await this.database.collection('connectors').updateMany({}, { $set: { mailboxesAtOnce } });
  }

  /** How many mailboxes have slots, by connector. */
  async slotsHeld(): Promise<Map<string, number>> {
    const slots = await this.database
      .collection('slots')
      .find({ grantedAt: { $exists: true } })
      .toArray();
    const held = new Map<string, number>();
    for (const { sourceConnectorId, targetConnectorId } of slots)
      for (const id of [String(sourceConnectorId), String(targetConnectorId)])
        held.set(id, (held.get(id) ?? 0) + 1);
    return held;
  }

  /** How many have slots or wait for them. */
  async slots(): Promise<number> {
    return this.database.collection('slots').countDocuments({});
  }

  /** Presses of a button for many rows that have not come to their end. */
  async bulkActionsUnderWay(): Promise<number> {
    return this.database.collection('bulkActions').countDocuments({ finishedAt: { $exists: false } });
  }

  async close(): Promise<void> {
    await this.client.close();
  }
}
