import { randomUUID } from 'node:crypto';
import type { Connection, mongo } from 'mongoose';
import { schemaSteps, stepsFrom, type SchemaStep, type StoredDocument } from './schema-steps';
import { schemaVersion } from './schema-version';

/** The database was written by a newer Mailporter, which this one would not understand. */
export class DatabaseTooNew extends Error {
  override readonly name = 'DatabaseTooNew';

  constructor(found: number) {
    super(
      `The database is of version ${found}, and this Mailporter knows up to ${schemaVersion}. ` +
        'Start the release that has written it, or a newer one, or restore a backup from before.',
    );
  }
}

/** What the database says of itself; there is one, in `settings`. */
interface SchemaDocument {
  _id: 'schema';
  /** All documents are of this version or newer, but for what older processes write while they still run. */
  version: number;
  /** Who brings it forward, and a number that grows as long as he lives. */
  migrating?: { by: string; beat: number };
}

export interface SchemaMigration {
  /** Resolves after `ms`. */
  readonly pause: (ms: number) => Promise<void>;
  /** Told of each step that had something to do. */
  readonly onStep?: (step: SchemaStep, documents: number) => void;
  /** Another list than the program's own, with the version it leads to. */
  steps?: readonly SchemaStep[];
}

const documentsAtOnce = 200;
const lookEveryMs = 500;
/** Who has not been heard of in so many looks is dead. */
const looksUntilDead = 20;
const duplicateKey = 11000;

/**
 * Brings the database forward to this program's version: to be called by each process when it starts, before it reads anything. One of
 * several does it, the others wait; where it dies the next goes on with the documents that are left. Processes of the release before may
 * run meanwhile and afterwards.
 * @throws DatabaseTooNew
 */
export async function migrateSchema(connection: Connection, migration: SchemaMigration): Promise<void> {
  const settings = connection.collection<SchemaDocument>('settings');
  const by = randomUUID();
  let seen: { by?: string; beat?: number; times: number } = { times: 0 };
  for (;;) {
    const found = await stateOf(settings);
    if (found.version > schemaVersion) throw new DatabaseTooNew(found.version);
    const { migrating } = found;
    const isSame = migrating !== undefined && migrating.by === seen.by && migrating.beat === seen.beat;
    seen = { ...migrating, times: isSame ? seen.times + 1 : 0 };
    if (migrating === undefined || seen.times >= looksUntilDead) {
      if (await take(settings, found, by)) {
        const isDone = await runSteps(connection, settings, found.version, { ...migration, by });
        if (isDone) return;
      }
      continue;
    }
    await migration.pause(lookEveryMs);
  }
}

async function stateOf(settings: mongo.Collection<SchemaDocument>): Promise<SchemaDocument> {
  const fresh: SchemaDocument = { _id: 'schema', version: 1 };
  const found = await settings.findOne({ _id: 'schema' });
  if (found !== null) return found;
  try {
    await settings.insertOne({ ...fresh });
  } catch (error) {
    if ((error as { code?: unknown }).code !== duplicateKey) throw error;
  }
  return (await settings.findOne({ _id: 'schema' })) ?? fresh;
}

async function take(
  settings: mongo.Collection<SchemaDocument>,
  { version, migrating }: SchemaDocument,
  by: string,
): Promise<boolean> {
  const standing =
    migrating === undefined
      ? { migrating: { $exists: false } }
      : { 'migrating.by': migrating.by, 'migrating.beat': migrating.beat };
  const taken = await settings.updateOne(
    { _id: 'schema', version, ...standing },
    { $set: { migrating: { by, beat: 0 } } },
  );
  return taken.matchedCount === 1;
}

/** @returns false where another has taken over */
async function runSteps(
  connection: Connection,
  settings: mongo.Collection<SchemaDocument>,
  version: number,
  { by, steps = schemaSteps, onStep }: SchemaMigration & { by: string },
): Promise<boolean> {
  const held = { _id: 'schema', 'migrating.by': by } as const;
  for (const step of stepsFrom(version, steps)) {
    const documents = connection.collection<StoredDocument>(step.collection);
    let count = 0;
    for (;;) {
      const beaten = await settings.updateOne(held, { $inc: { 'migrating.beat': 1 } });
      if (beaten.matchedCount === 0) return false;
      const changed = await upgradeSome(documents, step);
      if (changed === 0) break;
      count += changed;
    }
    if (count > 0) onStep?.(step, count);
  }
  const done = await settings.updateOne(held, {
    $set: { version: schemaVersion },
    $unset: { migrating: '' },
  });
  return done.matchedCount === 1;
}

/** @returns how many documents of an earlier version were met; 0 says that none is left */
async function upgradeSome(
  documents: mongo.Collection<StoredDocument>,
  { to, upgrade }: SchemaStep,
): Promise<number> {
  const older = { schemaVersion: { $not: { $gte: to } } } as mongo.Filter<StoredDocument>;
  const some = (await documents.find(older).limit(documentsAtOnce).toArray()) as StoredDocument[];
  if (some.length === 0) return 0;
  const writes = some.map((document) => {
    const { set, while: standing } = upgrade(document);
    const filter = { _id: document._id, ...standing } as mongo.Filter<StoredDocument>;
    return { updateOne: { filter, update: { $set: { ...set, schemaVersion: to } } } };
  });
  await documents.bulkWrite(writes, { ordered: false });
  return some.length;
}
