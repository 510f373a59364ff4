import type { FaultInput } from '../../sandbox/exchange/server/faults';
import type { Random } from '../../sandbox/exchange/random';
import { drawChanges, type SourceChange } from './changes';
import type { AdministratorAction } from './people';
import type { Side } from './sides';

/** A part of the product, or what it stands on, that a fault befalls. */
export type PartName = 'worker' | 'web' | 'temporal' | 'mongodb';
export const parts: readonly PartName[] = ['worker', 'web', 'temporal', 'mongodb'];

/** What is done to the system or to the mailboxes; all durations are of this machine's clock, in ms. */
export type Deed =
  | { do: 'kill'; part: PartName }
  | { do: 'freeze'; part: PartName; forMs: number }
  | { do: 'secondWorker'; forMs: number; isKilled: boolean }
  | { do: 'shiftClock'; part: PartName; seconds: number; forMs: number }
  | { do: 'fillDisk'; share: number; forMs: number }
  | { do: 'arm'; side: Side; faults: FaultInput[] }
  | { do: 'crowd'; side: Side; connections: number; forMs: number }
  | { do: 'changePassword'; side: Side }
  | { do: 'lockAccount'; side: Side; forMs: number }
  | { do: 'fillQuota'; roomBytes: number; forMs: number }
  | { do: 'useSource'; changes: SourceChange[] }
  | { do: 'stopAndStart' }
  /** Buttons on the row's page, one after the other. */
  | { do: 'press'; buttons: AdministratorAction[]; gapMs: number }
  | { do: 'rotateKey' }
  /** In the Temporal UI; a reset goes to a place in the history from 0 to 1. */
  | { do: 'operate'; how: 'terminate' | 'cancel' | 'reset'; to: number }
  | { do: 'setBack'; part: 'mongodb' | 'temporal'; byMs: number };

interface Kind {
  /** For the report. */
  what: string;
  /** How often it is drawn, against the others. */
  weight: number;
  /** A server may break its promise here: what comes twice is to be mended by the next comparison. */
  breaksPromise?: true;
  /** The ledger may be lost or set back. */
  losesLedger?: true;
  draw(random: Random): Deed;
}

/** By the clock of this machine: the product waits 150 s for an answer, at a fiftieth. */
export const answerWithinMs = 3000;
/** `EXCHANGE_SETTLE`, at a fiftieth. */
export const settleMs = 1500;

/** Whatever is asked. */
const any = '';
const eachOperation = ['CreateItem', 'SyncFolderItems', 'CreateFolder', 'DeleteItem', any] as const;
const sourceOperation = ['GetItem', 'SyncFolderItems', 'FindFolder', any] as const;

/** A fault of a server, mostly where items are put, some times in a row or again and again. */
function armed(random: Random, fault: (random: Random) => FaultInput & object, side?: Side): Deed {
  const at = side ?? (random.chance(0.75) ? 'target' : 'source');
  const operation = random.chance(0.4)
    ? at === 'target'
      ? 'CreateItem'
      : 'GetItem'
    : random.pick<string>(at === 'target' ? eachOperation : sourceOperation);
  const again = random.chance(0.5)
    ? { count: random.int(1, 4) }
    : { count: random.int(2, 8), probability: random.int(5, 50) / 100, seed: random.int(1, 1_000_000) };
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

const kill = (part: PartName, weight: number): Kind => ({
  what: `SIGKILL of ${names[part]}`,
  weight,
  draw: () => ({ do: 'kill', part }),
});
const freeze = (part: PartName, weight: number): Kind => ({
  what: `SIGSTOP of ${names[part]}, SIGCONT up to 8 s later`,
  weight,
  draw: (random) => ({ do: 'freeze', part, forMs: random.int(200, 8000) }),
});
const names = { worker: 'the worker', web: 'the web server', temporal: 'Temporal', mongodb: 'the database' };

/** Every fault of the campaign. */
export const catalogue = {
  killWorker: kill('worker', 3),
  killWeb: kill('web', 1),
  killTemporal: kill('temporal', 2),
  killDatabase: kill('mongodb', 3),
  freezeWorker: freeze('worker', 3),
  freezeWeb: freeze('web', 1),
  freezeTemporal: freeze('temporal', 2),
  freezeDatabase: freeze('mongodb', 3),
  secondWorker: {
    what: 'A second worker process, ended or killed up to 6 s later',
    weight: 2,
    draw: (random) => ({ do: 'secondWorker', forMs: random.int(1500, 6000), isKilled: random.chance(0.6) }),
  },
  clockApart: {
    what: 'A part’s clock jumps by up to 15 minutes, and back later',
    weight: 2,
    draw: (random) => ({
      do: 'shiftClock',
      part: random.pick<PartName>(['worker', 'web']),
      seconds: random.int(60, 900) * (random.chance(0.5) ? 1 : -1),
      forMs: random.int(2000, 8000),
    }),
  },
  diskFull: {
    what: 'The disk under the database is full (a limit to the size of its files) for up to 6 s',
    weight: 2,
    draw: (random) => ({
      do: 'fillDisk',
      share: random.int(50, 105) / 100,
      forMs: random.int(1000, 6000),
    }),
  },
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
    what: 'ErrorServerBusy with a wait, mostly short, some above a minute',
    weight: 2,
    draw: (random) =>
      armed(random, () => ({
        kind: 'serverBusy',
        backOffMs: random.chance(0.05) ? 61_000 : random.int(50, 30_000),
      })),
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
    draw: (random) => once(random, { kind: 'unauthorized', count: random.int(1, 2) }),
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
      faults: [{ kind: 'deleteTargetFolder', operation: 'CreateItem', count: 1, skip: random.int(0, 12) }],
    }),
  },
  quotaFull: {
    what: 'The new mailbox is full; room is made later and the administrator presses Retry',
    weight: 1,
    draw: (random) => ({
      do: 'fillQuota',
      roomBytes: random.int(0, 400_000),
      forMs: random.int(2000, 5000),
    }),
  },
  passwordChanged: {
    what: 'The user changes his password; later he signs in again',
    weight: 2,
    draw: (random) => ({ do: 'changePassword', side: random.pick<Side>(['source', 'target']) }),
  },
  accountLocked: {
    what: 'The account is locked for up to 4 s; then the user signs in again',
    weight: 1,
    draw: (random) => ({
      do: 'lockAccount',
      side: random.pick<Side>(['source', 'target']),
      forMs: random.int(500, 4000),
    }),
  },
  sourceInUse: {
    what: 'Items are changed, read, moved, deleted and added at the source, folders renamed and moved',
    weight: 4,
    draw: (random) => ({
      do: 'useSource',
      changes: drawChanges(random, 12),
    }),
  },
  stopAndStart: {
    what: 'The administrator presses Stop, then Start; the user signs in again',
    weight: 1,
    draw: () => ({ do: 'stopAndStart' }),
  },
  pausedAndResumed: {
    what: 'The administrator presses Pause, and Resume up to 4 s later',
    weight: 2,
    draw: (random) => ({ do: 'press', buttons: ['pause', 'resume'], gapMs: random.int(0, 4000) }),
  },
  passAskedTwice: {
    what: 'The administrator presses Delta pass twice',
    weight: 1,
    draw: (random) => ({ do: 'press', buttons: ['delta', 'delta'], gapMs: random.int(0, 500) }),
  },
  pressedAtRandom: {
    what: 'The administrator presses whatever buttons, one after the other',
    weight: 1,
    draw: (random) => ({
      do: 'press',
      buttons: Array.from({ length: random.int(2, 5) }, () =>
        random.pick<AdministratorAction>(['pause', 'resume', 'delta', 'cutOver', 'retry', 'start']),
      ),
      gapMs: random.int(0, 1500),
    }),
  },
  keyRotated: {
    what: 'The sealing key is rotated; workers and web server are started anew',
    weight: 1,
    draw: () => ({ do: 'rotateKey' }),
  },
  terminated: {
    what: 'Terminate in the Temporal UI; the administrator presses Start',
    weight: 1,
    draw: () => ({ do: 'operate', how: 'terminate', to: 0 }),
  },
  cancelled: {
    what: 'Cancel in the Temporal UI; the administrator presses Start',
    weight: 1,
    draw: () => ({ do: 'operate', how: 'cancel', to: 0 }),
  },
  reset: {
    what: 'Reset in the Temporal UI, to anywhere in the history',
    weight: 1,
    draw: (random) => ({ do: 'operate', how: 'reset', to: random.next() }),
  },
  databaseSetBack: {
    what: 'The database is restored to a copy made up to 8 s before (at real times: minutes)',
    weight: 2,
    losesLedger: true,
    draw: (random) => ({ do: 'setBack', part: 'mongodb', byMs: random.int(300, 8000) }),
  },
  temporalSetBack: {
    what: 'Temporal is restored to a copy made up to 8 s before',
    weight: 1,
    draw: (random) => ({ do: 'setBack', part: 'temporal', byMs: random.int(300, 8000) }),
  },
} as const satisfies Record<string, Kind>;

export type FaultKind = keyof typeof catalogue;
export const faultKinds = Object.keys(catalogue) as FaultKind[];
export const kindOf = (kind: FaultKind): Kind => catalogue[kind];

/** Strikes one request, not the others beside it. */
function once(random: Random, fault: FaultInput & object): Deed {
  const operation = random.pick(['CreateItem', 'CreateItem', any]);
  const where = operation === any ? {} : { operation };
  const skip = random.int(0, 8);
  return { do: 'arm', side: 'target', faults: [{ count: 1, skip, ...fault, ...where }] };
}

function retryAfter(random: Random): { retryAfterSeconds?: number } {
  return random.chance(0.5) ? { retryAfterSeconds: random.int(0, 40) } : {};
}
