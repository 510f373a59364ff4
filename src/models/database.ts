import { setTimeout as pause } from 'node:timers/promises';
import mongoose from 'mongoose';
import { DatabaseTooNew, migrateSchema } from './migrate-schema';
import { TellingConnection } from './telling-connection';

const retryMs = 1000;

const options = {
  serverSelectionTimeoutMS: 5000,
  writeConcern: { w: 'majority', journal: true },
  readConcern: { level: 'majority' },
  connectionType: TellingConnection,
} satisfies mongoose.ConnectOptions & { connectionType: unknown };

/** What is told meanwhile. */
export interface DatabaseLog {
  info(facts: object, text: string): void;
  warn(facts: object, text: string): void;
}

/**
 * Connects mongoose, and with it the models, and brings the documents to this program's version. A database that is away when a process
 * starts is waited for; once there, the driver comes back to it by itself.
 * @throws DatabaseTooNew
 */
export async function connectDatabase(uri: string, log: DatabaseLog): Promise<void> {
  for (;;) {
    try {
      await mongoose.connect(uri, options);
      await migrateSchema(mongoose.connection, {
        pause,
        onStep: ({ to, what }, documents) => log.info({ version: to, what, documents }, 'documents migrated'),
      });
      return;
    } catch (error) {
      if (error instanceof DatabaseTooNew) throw error;
      log.warn({ err: error }, 'the database is not there yet; tried again');
      await pause(retryMs);
    }
  }
}
