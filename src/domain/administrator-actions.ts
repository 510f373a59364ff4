import { isEndState, type MigrationState } from './migration';

/** What an administrator can ask for a row of the list. */
export const rowActions = ['start', 'stop', 'resend', 'retry', 'giveCredentials', 'delete'] as const;
export type RowAction = (typeof rowActions)[number];

const needsSignIn: readonly MigrationState[] = ['emailSent', 'awaitingSignIn', 'signInNeeded', 'verifying'];

/** Whether the action does something to a row in that state; a row it does nothing to is passed over and counted. */
export function isActionable(action: RowAction, state: MigrationState): boolean {
  const ended = isEndState(state);
  switch (action) {
    case 'start':
      return state === 'notStarted' || ended;
    case 'retry':
      return state === 'failed' || state === 'completedWithIssues';
    case 'stop':
      return state !== 'notStarted' && !ended;
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
