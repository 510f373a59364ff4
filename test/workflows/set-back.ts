import { createHash } from 'node:crypto';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import type { Connection as Database, mongo } from 'mongoose';
import { prepareNamespace } from '../../sandbox/namespace';
import { freePort } from '../../sandbox/ports';
import { temporalCommand } from '../../sandbox/servers';
import { prepared } from '../support/prepared';
import { startServer, type RunningServer } from '../support/server-process';
import type { FreshNamespace } from '../support/temporal';

const namespace = 'default';
/** What SQLite keeps of a database: as a whole they are what a machine without power would leave. */
const parts = ['', '-wal', '-shm'];

/** A Temporal server of the test's own, which can be lost or set back to an earlier moment. */
export class OwnTemporal {
  private readonly folder = mkdtempSync(join(tmpdir(), 'mailporter-set-back-'));
  private backups = 0;

  private constructor(
    private readonly port: number,
    private readonly binary: string,
    private server?: RunningServer,
  ) {}

  static async start(): Promise<OwnTemporal> {
    const { temporal } = await prepared('temporal');
    if ('address' in temporal) throw new Error('A Temporal that runs elsewhere cannot be set back.');
    const own = new OwnTemporal(await freePort(), temporal.binary);
    await own.startServer();
    return own;
  }

  async namespace(): Promise<FreshNamespace> {
    const address = `127.0.0.1:${this.port}`;
    const connection = await Connection.connect({ address });
    const nativeConnection = await NativeConnection.connect({ address });
    await prepareNamespace(connection, { namespace, retentionHours: 24 });
    return {
      address,
      namespace,
      client: new Client({ connection, namespace }),
      nativeConnection,
      end: async () => {
        await Promise.all([nativeConnection.close(), connection.close()]);
        await this.server?.end();
        rmSync(this.folder, { recursive: true, force: true });
      },
    };
  }

  /** All of it as it stands, as of one moment. @returns what `setBack` takes */
  backUp(): string {
    const backup = join(this.folder, `backup-${(this.backups += 1)}`);
    mkdirSync(backup);
    const { pid } = this.server as RunningServer;
    process.kill(pid, 'SIGSTOP');
    try {
      this.copy(this.data, backup);
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    return backup;
  }

  /** To that moment or, without one, to an empty server. Workers must not run meanwhile. */
  async setBack(backup?: string): Promise<void> {
    await this.server?.end();
    rmSync(this.data, { recursive: true });
    if (backup !== undefined) {
      mkdirSync(this.data);
      this.copy(backup, this.data);
    }
    await this.startServer();
    const connection = await Connection.connect({ address: `127.0.0.1:${this.port}` });
    await prepareNamespace(connection, { namespace, retentionHours: 24 });
    await connection.close();
  }

  private get data(): string {
    return join(this.folder, 'data');
  }

  private copy(from: string, to: string): void {
    for (const part of parts.map((suffix) => `temporal.db${suffix}`))
      if (existsSync(join(from, part))) copyFileSync(join(from, part), join(to, part));
  }

  private async startServer(): Promise<void> {
    const command = temporalCommand(
      { binary: this.binary },
      { port: this.port, file: join(this.data, 'temporal.db') },
    );
    this.server = await startServer('Temporal', command, this.port);
  }
}

/** Collections by name. */
export type DatabaseBackup = Map<string, mongo.Document[]>;

/** All collections as they stand: what `mongodump` reads. */
export async function backUpDatabase({ db }: Database): Promise<DatabaseBackup> {
  const backup: DatabaseBackup = new Map();
  for (const { name } of (await db?.listCollections().toArray()) ?? [])
    backup.set(name, (await db?.collection(name).find().toArray()) ?? []);
  return backup;
}

/**
 * As `mongorestore --drop` does, for collections that are missing in the backup too; indexes stay.
 * @param only these collections; absent: all
 */
export async function restoreDatabase(
  { db }: Database,
  backup: DatabaseBackup,
  only?: readonly string[],
): Promise<void> {
  for (const { name } of (await db?.listCollections().toArray()) ?? []) {
    if (only && !only.includes(name)) continue;
    await db?.collection(name).deleteMany({});
    const documents = backup.get(name) ?? [];
    if (documents.length > 0) await db?.collection(name).insertMany(documents);
  }
}

export function hashOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex');
}
