import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mongoose from 'mongoose';
import { freePort } from '../../sandbox/ports';
import { databaseCommand, type DatabaseSource } from '../../sandbox/servers';
import { prepared } from '../support/prepared';
import { listens, startServer, type RunningServer } from '../support/server-process';

const WRITERS = 12;

interface Entry {
  _id: number;
}

/** A database given by MONGODB_URI is somebody else's to fill; in CI none is given. */
const itOfOurs = process.env.MONGODB_URI && !process.env.CI ? it.skip : it;

describe('the sandbox database on a disk that is full', () => {
  let source: DatabaseSource;
  let folder: string;
  let server: RunningServer | undefined;

  beforeAll(async () => {
    ({ mongodb: source } = await prepared('mongodb'));
    folder = mkdtempSync(join(tmpdir(), 'mailporter-full-'));
  }, 60_000);
  afterAll(async () => {
    await server?.end();
    rmSync(folder, { recursive: true, force: true });
  });

  itOfOurs(
    'ends when its files may not grow, tells nobody of what it could not keep, and has the rest when it is back',
    async () => {
      if ('uri' in source) throw new Error('Run this test without MONGODB_URI.');
      const port = await freePort();
      const full = join(folder, 'full');
      const command = databaseCommand(source, { port, folder: full });
      const started = await startServer('the database', command, port);
      const client = await connected(port);
      const entries = client.db('full').collection<Entry>('entries');
      await entries.insertOne({ _id: 0 });
      const greatest = Math.max(...readdirSync(full).map((name) => statSync(join(full, name)).size));
      execFileSync('prlimit', [`--pid=${started.pid}`, `--fsize=${greatest + 16_384}:unlimited`]);
      const acknowledged = [0];
      const write = async (writer: number) => {
        for (let _id = writer; ; _id += WRITERS) {
          await entries.insertOne({ _id });
          acknowledged.push(_id);
        }
      };
      await Promise.allSettled(Array.from({ length: WRITERS }, (_, writer) => write(writer + 1)));
      await client.close(true);
      while (await listens(port)) await new Promise((resolve) => setImmediate(resolve));
      await started.end();

      server = await startServer('the database', command, port);
      const after = await connected(port);
      const kept = new Set(
        (await after.db('full').collection<Entry>('entries').find().toArray()).map(({ _id }) => _id),
      );
      await after.close();
      expect(acknowledged.filter((_id) => !kept.has(_id))).toEqual([]);
    },
    60_000,
  );
});

/** Without the driver's own repetitions: a write counts when it is acknowledged, and it is asked for once. */
async function connected(port: number): Promise<mongoose.mongo.MongoClient> {
  const uri = `mongodb://127.0.0.1:${port}/?journal=true&retryWrites=false&serverSelectionTimeoutMS=1000`;
  return new mongoose.mongo.MongoClient(uri, { maxPoolSize: WRITERS }).connect();
}
