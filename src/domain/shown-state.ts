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

/**
 * When what pages show as **Starting** should have been taken up by a worker: a start as soon as it is to begin, and at once where a
 * password was typed, which has it begin.
 */
export function dueAt({
  startedAt,
  beginsAt = startedAt,
  credentialAt,
}: {
  startedAt?: Date;
  beginsAt?: Date;
  credentialAt?: Date;
}): Date | undefined {
  const isSooner =
    startedAt !== undefined &&
    beginsAt !== undefined &&
    credentialAt !== undefined &&
    credentialAt >= startedAt;
  return isSooner && credentialAt < beginsAt ? credentialAt : beginsAt;
}
