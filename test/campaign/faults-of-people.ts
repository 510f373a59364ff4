import { drawChanges } from './changes';
import type { Kind } from './deeds';
import type { AdministratorAction } from './people';
import type { Side } from './sides';

/** What users, administrators and operators do at the wrong moment. */
export const faultsOfPeople = {
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
  allPausedAndResumed: {
    what: 'The administrator presses Pause for all that the list shows, and Resume for all up to 6 s later',
    weight: 2,
    // Whom the list does not show as paused yet Resume passes over.
    draw: (random) => ({ do: 'pressForAll', buttons: ['pause', 'resume'], gapMs: random.int(1000, 6000) }),
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
} as const satisfies Record<string, Kind>;
