import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mongoose from 'mongoose';
import { freePort } from '../../sandbox/ports';
import { databaseCommand, type DatabaseSource } from '../../sandbox/servers';
import { prepared } from '../support/prepared';
import { startServer, type RunningServer } from '../support/server-process';

const WRITERS = 12;
const ROUNDS = 2;
const ACKNOWLEDGED_PER_ROUND = 300;

interface Entry {
  _id: number;
}
interface Counter {
  _id: number;
  count: number;
}

/** A database given by MONGODB_URI is somebody else's to kill; in CI none is given. */
const itOfOurs = process.env.MONGODB_URI && !process.env.CI ? it.skip : it;

describe('the database, killed while it is written to', () => {
  let source: DatabaseSource;
  let folder: string;
  let server: RunningServer | undefined;

  beforeAll(async () => {
    ({ mongodb: source } = await prepared('mongodb'));
    folder = mkdtempSync(join(tmpdir(), 'mailporter-kill-'));
  }, 60_000);
  afterAll(async () => {
    await server?.end();
    rmSync(folder, { recursive: true, force: true });
  });

  itOfOurs(
    'has every write it acknowledged, by many writers, after each of several kills',
    async () => {
      if ('uri' in source) throw new Error('Run this test without MONGODB_URI.');
      const port = await freePort();
      const command = databaseCommand(source, { port, folder });
      const inserted = new Set<number>();
      const counted = Array.from({ length: WRITERS }, () => 0);
      let next = 0;

      server = await startServer('the database', command, port);
      for (let round = 1; round <= ROUNDS; round += 1) {
        const client = await connected(port);
        const entries = client.db('kill').collection<Entry>('entries');
        const counters = client.db('kill').collection<Counter>('counters');
        const enough = round * ACKNOWLEDGED_PER_ROUND;

        const write = async (writer: number) => {
          for (;;) {
            const _id = next++;
            await entries.insertOne({ _id });
            inserted.add(_id);
            await counters.updateOne({ _id: writer }, { $inc: { count: 1 } }, { upsert: true });
            counted[writer]! += 1;
            if (inserted.size >= enough) server?.killNow();
          }
        };
        await Promise.allSettled(Array.from({ length: WRITERS }, (_, writer) => write(writer)));
        await client.close(true);
        await server.end();

        server = await startServer('the database', command, port);
        const after = await connected(port);
        const kept = new Set(
          (await after.db('kill').collection<Entry>('entries').find().toArray()).map(({ _id }) => _id),
        );
        const counts = await after.db('kill').collection<Counter>('counters').find().toArray();
        await after.close();

        expect(inserted.size).toBeGreaterThanOrEqual(enough);
        expect([...inserted].filter((_id) => !kept.has(_id))).toEqual([]);
        // A write that was under way when the server died may have happened: at most one for each writer and round.
        for (const { _id, count } of counts) {
          expect(count).toBeGreaterThanOrEqual(counted[_id]!);
          expect(count).toBeLessThanOrEqual(counted[_id]! + round);
        }
      }
    },
    120_000,
  );
});

/** Without the driver's own repetitions: a write counts when it is acknowledged, and it is asked for once. */
async function connected(port: number): Promise<mongoose.mongo.MongoClient> {
  const uri = `mongodb://127.0.0.1:${port}/?journal=true&retryWrites=false&serverSelectionTimeoutMS=1000`;
  return new mongoose.mongo.MongoClient(uri, { maxPoolSize: WRITERS }).connect();
}
