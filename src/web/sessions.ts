import type { Request, RequestHandler } from 'express';
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
export function sessions({ config, database }: Pick<WebDeps, 'config' | 'database'>): RequestHandler[] {
  const secure = isHttps(config);
  const kept = session({
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
  return [kept, savedBeforeRedirects];
}

/**
 * The session is in the database before a browser is told where to go. By itself express-session sends the head of an answer while it
 * still saves, and a browser follows a redirect as soon as it has the head: it would be a stranger there, or miss its notice.
 */
const savedBeforeRedirects: RequestHandler = (request, response, next) => {
  const redirect = response.redirect.bind(response) as (...to: unknown[]) => void;
  response.redirect = (...to: unknown[]) => {
    if (!isWorthKeeping(request)) return redirect(...to);
    request.session.save((error: unknown) => {
      if (error) next(error);
      else redirect(...to);
    });
  };
  next();
};

/** A stranger's that holds nothing is never kept, and one that was destroyed is no more. */
function isWorthKeeping(request: Partial<Pick<Request, 'session'>>): boolean {
  const { administratorId, wanted, notices } = request.session ?? {};
  return administratorId !== undefined || wanted !== undefined || notices !== undefined;
}
