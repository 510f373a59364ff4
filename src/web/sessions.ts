import type { RequestHandler } from 'express';
import session from 'express-session';
import MongoStore from 'connect-mongo';
import { derivedKey, isHttps } from './security';
import type { WebDeps } from './deps';

/** A sentence for the next page, shown once. */
export interface Notice {
  tone: 'success' | 'warning' | 'danger';
  text: string;
}

declare module 'express-session' {
  interface SessionData {
    administratorId: string;
    email: string;
    /** ms since 1970. */
    signedInAt: number;
    notices: Notice[];
    /** Where to go after sign-in; a path of ours. */
    wanted: string;
  }
}

type StoreClient = NonNullable<Parameters<typeof MongoStore.create>[0]['client']>;

const lifeMs = 12 * 3_600_000;

/** Administrators' sessions, kept in the database; twelve hours after the last request they end. */
export function sessions({ config, database }: Pick<WebDeps, 'config' | 'database'>): RequestHandler {
  const secure = isHttps(config);
  return session({
    name: secure ? '__Host-mailporter' : 'mailporter',
    secret: derivedKey(config, 'sessions'),
    resave: false,
    saveUninitialized: false,
    rolling: true,
    cookie: { httpOnly: true, sameSite: 'lax', secure, maxAge: lifeMs, path: '/' },
    store: MongoStore.create({
      // Mongoose carries a patch release of the driver of its own, whose types are not interchangeable.
      client: database.getClient() as unknown as StoreClient,
      ...(database.db === undefined ? {} : { dbName: database.db.databaseName }),
      collectionName: 'sessions',
      ttl: lifeMs / 1000,
      touchAfter: 300,
      // Some databases of development ignore indexes that expire documents.
      autoRemove: 'interval',
      autoRemoveInterval: 10,
    }),
  });
}
