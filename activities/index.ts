import { beginEpoch } from './begin-epoch';
import { createBulkChunk } from './bulk-action';
import { createCheckConnector } from './check-connector';
import { credentialActivities } from './credentials';
import type { ActivityDeps } from './deps';
import { createFolderActivities } from './folders';
import { createGiveChunk } from './give-credentials';
import { createGrantSlots } from './grant-slots';
import { createImportChunk } from './import-rows';
import { createMailActivities } from './mails';
import { createOpenMailbox } from './open-mailbox';
import { planPass } from './plan-pass';
import { createProject } from './project';
import { createReconcile } from './reconcile';
import { createSlotActivities } from './slots';
import { createVerifyCredentials } from './verify-credentials';

/** The activities of the queue `mailporter`: short ones, and those that go through lists. */
export function createShortActivities(deps: ActivityDeps) {
  return {
    beginEpoch,
    planPass,
    project: createProject(deps),
    ...createMailActivities(deps),
    verifyCredentials: createVerifyCredentials(deps),
    ...credentialActivities,
    ...createSlotActivities(deps),
    ...createGrantSlots(deps),
    checkConnector: createCheckConnector(deps),
    importChunk: createImportChunk(deps),
    bulkChunk: createBulkChunk(deps),
    giveChunk: createGiveChunk(deps),
    ...createReconcile(deps),
  };
}

/** The only activity of the queue `mailporter-mailboxes`. */
export function createMailboxActivities(deps: ActivityDeps) {
  return { openMailbox: createOpenMailbox(deps) };
}

export type ShortActivities = ReturnType<typeof createShortActivities>;
export type MailboxActivities = ReturnType<typeof createMailboxActivities>;
/** The activities of a worker process's own queue: `createFolderActivities`. */
export type FolderActivities = ReturnType<typeof createFolderActivities>;
export { createFolderActivities };
