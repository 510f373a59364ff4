import type { FaultInput } from '../../sandbox/exchange/server/faults';
import type { Random } from '../../sandbox/exchange/random';
import type { Deed, Kind } from './deeds';
import type { Side } from './sides';

/** By the clock of this machine: the product waits 150 s for an answer, at a fiftieth. */
const answerWithinMs = 3000;
/** `EXCHANGE_SETTLE`, at a fiftieth. */
const settleMs = 1500;

/**
 * Beyond what the product waits in place, by some more than what passes of it, at a fiftieth, until it looks how long it still has to wait.
 * Then it waits by the clock of this machine, so not for much longer.
 */
const longWaitMs = { least: 70_000, most: 80_000 };

/** Whatever is asked. */
const any = '';
/** Rare requests, such as CreateFolder and DeleteItem, are met where any is: armed for them alone, most faults would never strike. */
const targetOperations = ['CreateItem', 'CreateItem', 'CreateItem', 'SyncFolderItems', any, any] as const;
const anySide = ['source', 'target'] as const;
const sourceOperations = ['GetItem', 'GetItem', 'SyncFolderItems', any] as const;

/** A fault of a server, mostly where items are put, some times in a row or again and again. */
function armed(random: Random, fault: (random: Random) => FaultInput & object, side?: Side): Deed {
  const at = side ?? (random.chance(0.75) ? 'target' : 'source');
  const operation = random.pick<string>(at === 'target' ? targetOperations : sourceOperations);
  const again = random.chance(0.5)
    ? { count: random.int(1, 4) }
    : { count: random.int(2, 8), probability: random.int(20, 60) / 100, seed: random.int(1, 1_000_000) };
  const where = operation === any ? {} : { operation };
  return { do: 'arm', side: at, faults: [{ ...fault(random), ...where, ...again }] };
}

const passing = [
  'ErrorInternalServerError',
  'ErrorInternalServerTransientError',
  'ErrorMailboxStoreUnavailable',
  'ErrorTimeoutExpired',
  'ErrorMailboxMoveInProgress',
] as const;

/** What the servers of the mailboxes do. */
export const faultsOfServers = {
  connectionLost: {
    what: 'Connection reset before the server did anything',
    weight: 2,
    draw: (random) => armed(random, () => ({ kind: 'resetBefore' })),
  },
  answerLost: {
    what: 'Connection reset after the server committed',
    weight: 4,
    draw: (random) => armed(random, () => ({ kind: 'resetAfter' })),
  },
  answerTruncated: {
    what: 'An answer breaks off, the work is done',
    weight: 3,
    draw: (random) => armed(random, () => ({ kind: 'truncate', bytes: random.int(0, 1500) })),
  },
  answerSlow: {
    what: 'The work is done at once, the answer comes up to 2 s later',
    weight: 1,
    draw: (random) => armed(random, () => ({ kind: 'latency', ms: random.int(100, 2000) })),
  },
  answerAfterTimeOut: {
    what: 'The work is done at once, the answer comes after our time-out',
    weight: 2,
    draw: (random) => once(random, { kind: 'latency', ms: answerWithinMs + random.int(300, 3000) }),
  },
  executedLate: {
    what: 'Connection lost; the server executes the request later, within its promise (`settleMs`)',
    weight: 3,
    draw: (random) => armed(random, () => ({ kind: 'late', ms: random.int(50, settleMs - 600) })),
  },
  executedTooLate: {
    what: 'Connection lost; the server executes the request later than it promised',
    weight: 1,
    breaksPromise: true,
    draw: (random) => once(random, { kind: 'late', ms: settleMs + random.int(100, 5000) }),
  },
  executedAfterTimeOut: {
    what: 'Our time-out passes while the server still executes the request, longer than it promised',
    weight: 1,
    breaksPromise: true,
    draw: (random) =>
      once(random, { kind: 'late', ms: answerWithinMs + random.int(100, 3000), connection: 'keep' }),
  },
  unavailable: {
    what: 'HTTP 503, with and without Retry-After',
    weight: 1,
    draw: (random) => armed(random, () => ({ kind: 'http', status: 503, ...retryAfter(random) })),
  },
  tooManyRequests: {
    what: 'HTTP 429, with and without Retry-After',
    weight: 1,
    draw: (random) => armed(random, () => ({ kind: 'http', status: 429, ...retryAfter(random) })),
  },
  busy: {
    what: 'ErrorServerBusy with a wait of less than a minute',
    weight: 2,
    draw: (random) => armed(random, () => ({ kind: 'serverBusy', backOffMs: random.int(50, 30_000) })),
  },
  busyForLong: {
    what: 'ErrorServerBusy with a wait above a minute: the mailbox is closed and waits for the server',
    weight: 4,
    draw: (random) =>
      once(random, { kind: 'serverBusy', backOffMs: random.int(longWaitMs.least, longWaitMs.most) }, anySide),
  },
  busyUnnamed: {
    what: 'ErrorServerBusy without a wait',
    weight: 1,
    draw: (random) => armed(random, () => ({ kind: 'serverBusy' })),
  },
  connectionCount: {
    what: 'ErrorExceededConnectionCount: a mailbox may have one connection only, for up to 4 s',
    weight: 1,
    draw: (random) => ({
      do: 'crowd',
      side: random.pick<Side>(['source', 'target']),
      connections: 1,
      forMs: random.int(500, 4000),
    }),
  },
  unauthorizedOnce: {
    what: 'A 401 although the password is right',
    weight: 2,
    draw: (random) => once(random, { kind: 'unauthorized', count: random.int(1, 2) }, anySide),
  },
  wholeRequestRefused: {
    what: 'One error for all items of a request',
    weight: 2,
    draw: (random) => armed(random, () => ({ kind: 'batchError', code: random.pick(passing) })),
  },
  soapFault: {
    what: 'A SOAP fault that may pass',
    weight: 1,
    draw: (random) => armed(random, () => ({ kind: 'soapFault', code: random.pick(passing) })),
  },
  itemsRefused: {
    what: 'Single items of a request fail with an error that may pass',
    weight: 2,
    draw: (random) =>
      armed(random, () => ({
        kind: 'itemError',
        code: random.pick(passing),
        indexes: [random.int(0, 3), random.int(4, 20)],
      })),
  },
  itemsBusy: {
    what: 'Items of a request are answered with ErrorServerBusy each, some or all',
    weight: 2,
    draw: (random) =>
      armed(random, () => ({
        kind: 'itemError',
        code: 'ErrorServerBusy',
        ...(random.chance(0.5) ? { indexes: [random.int(0, 3), random.int(4, 20)] } : {}),
      })),
  },
  requestDoneInPart: {
    what: 'A part of a request is done, the rest answers ErrorBatchProcessingStopped',
    weight: 2,
    draw: (random) => armed(random, () => ({ kind: 'batchStops', after: random.int(0, 10) })),
  },
  shortPages: {
    what: 'Pages hold a few entries only',
    weight: 2,
    draw: (random) => ({
      do: 'arm',
      side: random.pick<Side>(['source', 'target']),
      faults: [{ kind: 'shortPage', max: random.int(1, 5), forMs: random.int(2000, 8000) }],
    }),
  },
  storeOffline: {
    what: 'A mailbox store is offline for minutes (at a fiftieth: up to 6 s)',
    weight: 2,
    draw: (random) => ({
      do: 'arm',
      side: random.pick<Side>(['source', 'target']),
      faults: [{ kind: 'soapFault', code: 'ErrorMailboxStoreUnavailable', forMs: random.int(1200, 6000) }],
    }),
  },
  targetFolderDeleted: {
    what: 'The target folder is deleted just before items are put into it',
    weight: 2,
    draw: (random) => ({
      do: 'arm',
      side: 'target',
      faults: [{ kind: 'deleteTargetFolder', operation: 'CreateItem', count: 1, skip: random.int(0, 6) }],
    }),
  },
} as const satisfies Record<string, Kind>;

/** Strikes one request, not the others beside it; at the target unless sides are given to pick from. */
function once(random: Random, fault: FaultInput & object, sides: readonly Side[] = ['target']): Deed {
  const side = random.pick(sides);
  const operation = random.pick<string>(
    side === 'target' ? ['CreateItem', 'CreateItem', any] : ['GetItem', 'SyncFolderItems', any],
  );
  const where = operation === any ? {} : { operation };
  const skip = random.int(0, 3);
  return { do: 'arm', side, faults: [{ count: 1, skip, ...fault, ...where }] };
}

function retryAfter(random: Random): { retryAfterSeconds?: number } {
  return random.chance(0.5) ? { retryAfterSeconds: random.int(0, 40) } : {};
}
