import type { Schema } from 'mongoose';

/** The version of what this program stores: raised with each step of `schema-steps.ts`. Release 0.1.0 stored 1 and did not say so. */
export const schemaVersion = 2;

/** A plugin of mongoose: each document says in which version it was written; one that does not say is of version 1. */
export function versioned(schema: Schema): void {
  schema.add({ schemaVersion: { type: Number, default: schemaVersion } });
}
