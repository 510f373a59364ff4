import type { MigrationState } from './migration';

/** The part of a mail user that says what was asked for and what the workflow has said since. */
export interface AskedAndSaid {
  asked: { startId?: string; credentialIds: readonly string[] };
  projection?: { state: MigrationState; handledStartId?: string; handledCredentialIds: readonly string[] };
}

/**
 * The state that pages show: **Starting** and **Checking sign-in** from the moment something was asked for until the projection names it
 * as handled, else what the projection says.
 */
export function shownState({ asked, projection }: AskedAndSaid): MigrationState {
  if (asked.startId !== undefined && projection?.handledStartId !== asked.startId) return 'starting';
  if (asked.credentialIds.some((id) => !projection?.handledCredentialIds.includes(id))) return 'verifying';
  return projection?.state ?? 'notStarted';
}
