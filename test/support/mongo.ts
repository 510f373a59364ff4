import { randomUUID } from 'node:crypto';
import mongoose from 'mongoose';
import { sharedPart } from './parts-door';

/** An empty database of the test file's own. */
export interface FreshDatabase {
  readonly uri: string;
  readonly connection: mongoose.Connection;
  /** Removes the database and closes the connection. */
  end(): Promise<void>;
}

/** The address of an empty database that no other test uses. */
export async function freshDatabaseUri(): Promise<string> {
  const uri = new URL(await sharedPart('mongodb'));
  uri.pathname = `/test-${randomUUID().slice(0, 13)}`;
  return uri.href;
}

/** Connects mongoose, and with it the models, to an empty database; once in a test file. */
export async function freshDatabase(): Promise<FreshDatabase> {
  const uri = await freshDatabaseUri();
  const { connection } = await mongoose.connect(uri);
  return {
    uri,
    connection,
    async end() {
      await connection.dropDatabase();
      await mongoose.disconnect();
    },
  };
}
