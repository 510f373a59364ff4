export { bulkAction } from './bulk-action';
export { checkConnector } from './check-connector';
export { gate } from './gate';
export { giveCredentials } from './give-credentials';
export { importRows } from './import-rows';
export { migrateMailbox } from './migrate-mailbox';
export { reconcile } from './reconcile';
export { sendNotice } from './send-notice';
