/** A wait that a server asked of everybody who comes through a connector. */
export interface ConnectorThrottle {
  /** By the clock of the worker that was told. */
  until: Date;
  /** What the server named, ms: whoever's clock differs waits no longer than this from when he learns of it. */
  waitMs: number;
  /** The server's own code, for the pages. */
  code: string;
}

/** How long a wait still lasts, ms; 0 once it is over or where there is none. */
export function throttleLeftMs(throttle: ConnectorThrottle | undefined, now: Date): number {
  if (throttle === undefined) return 0;
  return Math.max(0, Math.min(throttle.waitMs, throttle.until.getTime() - now.getTime()));
}

const longestSpreadMs = 30_000;

/**
 * How much later than the end of a connector's wait one of its mailboxes goes on, so that they do not all come at once: evenly spread
 * over half the wait, 30 s at most, and differently each time.
 * @param key of the mailbox
 */
export function spreadMs(
  key: string,
  { until, waitMs }: Pick<ConnectorThrottle, 'until' | 'waitMs'>,
): number {
  return Math.floor(share(`${key} ${until.getTime()}`) * Math.min(longestSpreadMs, waitMs / 2));
}

/** A number from 0 to below 1 that looks drawn by lot and is always the same for the same text. @see FNV-1a, and murmur3's finish */
function share(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}

const restartIntervalMs = 1_500;

/**
 * How many more mailboxes may be let in to a connector: none while it waits, and one after the other in the time after.
 * @param leftMs how long it still waits
 * @param free its free slots
 * @param grantedSince slots given since the wait ended
 */
export function placesAfterThrottle(
  throttle: ConnectorThrottle | undefined,
  leftMs: number,
  free: number,
  grantedSince: number,
  now: Date,
): number {
  if (throttle === undefined) return free;
  if (leftMs > 0) return 0;
  const sinceMs = Math.max(0, now.getTime() - throttle.until.getTime());
  return Math.min(free, Math.max(0, 1 + Math.floor(sinceMs / restartIntervalMs) - grantedSince));
}
