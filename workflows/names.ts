/** Task queues, workflow ids and search attributes; pure, for the web, the worker and the workflows alike. */

/** Workflows and all short activities. */
export const mainQueue = 'mailporter';
/** Only `openMailbox`: as many at once as a worker has capacity for mailboxes. */
export const mailboxQueue = 'mailporter-mailboxes';
/** One queue per worker process: `planFolders`, `copyFolder`, `verifyPass`. */
export const workerQueue = (workerId: string) => `mailporter-worker-${workerId}`;

export const migrationId = (mailUserId: string) => `migration-${mailUserId}`;
export const checkConnectorId = (checkId: string) => `check-connector-${checkId}`;
export const importId = (importId: string) => `import-${importId}`;
export const bulkActionId = (bulkId: string) => `bulk-${bulkId}`;
/** The mail at the end of an epoch. */
export const mailId = (mailUserId: string, epoch: number, kind: string) =>
  `mail-${mailUserId}-${epoch}-${kind}`;
export const gateId = 'gate';
export const reconcileScheduleId = 'reconcile';

/** Search attributes an operator filters by; ids and states only, never an address. All are of type Keyword. */
export const searchAttributes = {
  state: 'MigrationState',
  batch: 'MigrationBatchId',
  source: 'SourceConnectorId',
  target: 'TargetConnectorId',
} as const;

/** A value is cut to what every store of Temporal takes. */
export const batchAttribute = (batch: string) => ({ [searchAttributes.batch]: [batch.slice(0, 200)] });
