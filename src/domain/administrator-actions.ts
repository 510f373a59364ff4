import type { PassKind } from './batch-plan';
import type { Remedy } from './faults';
import { isEndState, type MigrationState } from './migration';

/** What an administrator can ask for a row of the list. */
export const rowActions = [
  'start',
  'pause',
  'resume',
  'delta',
  'cutOver',
  'stop',
  'resend',
  'retry',
  'giveCredentials',
  'delete',
] as const;
export type RowAction = (typeof rowActions)[number];

/** What besides its state decides what can be done to a row. */
export interface RowFacts {
  /** A pause stands: the row is **Paused**, or will be as soon as its user has signed in. */
  isPaused?: boolean;
  /** The pass at hand, begun or not, is the last one: no other follows it. */
  isLastPass?: boolean;
  /** At most a pre-stage was begun so far: what follows it is a full pass, whatever is asked for. */
  isAtMostPrestaged?: boolean;
  /** It has failed because its source mailbox is empty, much smaller, or another one than before. */
  isSourceDoubtful?: boolean;
}

/** The facts of a row, from what its workflow says of it. */
export function rowFacts(
  projection:
    | {
        state?: MigrationState | undefined;
        pausedBy?: unknown;
        pass?: { kind: PassKind } | undefined;
        passes?: readonly { kind: PassKind }[];
        nextPass?: { kind: PassKind } | undefined;
        fault?: { text: { remedy: Remedy } } | undefined;
      }
    | undefined,
): RowFacts {
  const atHand = projection?.pass ?? (projection?.state === 'upToDate' ? undefined : projection?.nextPass);
  return {
    isPaused: projection?.pausedBy !== undefined,
    isLastPass: atHand?.kind === 'cutOver',
    isAtMostPrestaged: (projection?.passes ?? []).every(({ kind }) => kind === 'prestage'),
    isSourceDoubtful: wantsLook(projection?.state, projection?.fault?.text.remedy),
  };
}

function wantsLook(state: MigrationState | undefined, remedy: Remedy | undefined): boolean {
  return state === 'failed' && (remedy === 'checkSourceMailbox' || remedy === 'acceptSourceMailbox');
}

/** The user has signed in, and what is copied next is not decided for good. */
const copies: readonly MigrationState[] = ['upToDate', 'scheduled', 'working', 'throttled'];
const needsSignIn: readonly MigrationState[] = ['emailSent', 'awaitingSignIn', 'signInNeeded', 'verifying'];

/** Whether the action does something to a row in that state; a row it does nothing to is passed over and counted. */
export function isActionable(action: RowAction, state: MigrationState, facts: RowFacts = {}): boolean {
  const { isPaused = state === 'paused', isLastPass = false } = facts;
  const ended = isEndState(state);
  switch (action) {
    case 'start':
      return state === 'notStarted' || ended;
    case 'retry':
      return state === 'failed' || state === 'completedWithIssues';
    case 'stop':
      return state !== 'notStarted' && !ended;
    case 'pause':
      return state !== 'notStarted' && !ended && !isPaused;
    case 'resume':
      return state !== 'notStarted' && !ended && isPaused;
    case 'delta':
    case 'cutOver':
      return copies.includes(state) && !isLastPass;
    case 'resend':
      return needsSignIn.includes(state) || (ended && state !== 'completed');
    case 'giveCredentials':
      return (
        state === 'notStarted' ||
        state === 'starting' ||
        needsSignIn.includes(state) ||
        (ended && state !== 'completed')
      );
    case 'delete':
      return state === 'notStarted' || ended;
  }
}

/** Whether a row is passed over because somebody has to look at it on its own. @param selected as of `isMeant` */
export function wantsLookFirst(
  action: RowAction,
  state: MigrationState,
  selected: number,
  facts: RowFacts = {},
): boolean {
  return (
    action === 'retry' &&
    facts.isSourceDoubtful === true &&
    selected > 1 &&
    isActionable(action, state, facts)
  );
}

/**
 * Whether a button does something to a row that is selected with others: who has moved is not asked to move again because he stood among
 * many, and a source that looks emptied is looked after one by one. **Retry** says that somebody has looked.
 * @param selected how many are selected, this row included; infinitely many where a filter selects: nobody has seen whom
 */
export function isMeant(
  action: RowAction,
  state: MigrationState,
  selected: number,
  facts: RowFacts = {},
): boolean {
  const moved = state === 'completed' || state === 'completedWithIssues';
  if (action === 'start' && moved && selected > 1) return false;
  return isActionable(action, state, facts) && !wantsLookFirst(action, state, selected, facts);
}
