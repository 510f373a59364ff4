import { ActivityCancellationType, proxyActivities } from '@temporalio/workflow';
import type { FolderActivities, MailboxActivities, ShortActivities } from '../activities/index';
import type { MigrationTimes } from '../src/domain/migration';
import { mailboxQueue, mainQueue } from './names';

/** The default of the SDK would let go of a running activity at once: whatever is cancelled is awaited. */
const cancellationType = ActivityCancellationType.WAIT_CANCELLATION_COMPLETED;

/** Repeated until they succeed: a database or a mail server that is away delays a migration and never ends it. */
export const short = proxyActivities<ShortActivities>({
  taskQueue: mainQueue,
  startToCloseTimeout: '1 minute',
  cancellationType,
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '30 seconds' },
});

/** As `short`, for those that go through lists and heartbeat meanwhile. */
export const listing = proxyActivities<ShortActivities>({
  taskQueue: mainQueue,
  startToCloseTimeout: '1 hour',
  heartbeatTimeout: '30 seconds',
  cancellationType,
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute' },
});

/** One request; what follows a fault is the workflow's to decide. */
export const signingIn = proxyActivities<ShortActivities>({
  taskQueue: mainQueue,
  startToCloseTimeout: '3 minutes',
  heartbeatTimeout: '30 seconds',
  cancellationType,
  retry: { maximumAttempts: 1 },
});

const longest = '30 days';

/** Lasts as long as the mailbox is open; each opening has its own number, so Temporal never repeats one. */
export function mailboxActivities({ heartbeatMs }: MigrationTimes) {
  return proxyActivities<MailboxActivities>({
    taskQueue: mailboxQueue,
    startToCloseTimeout: longest,
    heartbeatTimeout: heartbeatMs,
    cancellationType,
    retry: { maximumAttempts: 1 },
  });
}

/** What is done to the folders, on the queue of the process that has the mailbox open; raised fences repeat it, not Temporal. */
export function folderActivities(queue: string, { heartbeatMs, folderStartMs }: MigrationTimes) {
  return proxyActivities<FolderActivities>({
    taskQueue: queue,
    scheduleToStartTimeout: folderStartMs,
    startToCloseTimeout: longest,
    heartbeatTimeout: heartbeatMs,
    cancellationType,
    retry: { maximumAttempts: 1 },
  });
}

/** **Test connection** is waited for by a person: it is not repeated for long. */
export const checking = proxyActivities<ShortActivities>({
  taskQueue: mainQueue,
  startToCloseTimeout: '3 minutes',
  heartbeatTimeout: '30 seconds',
  cancellationType,
  retry: { maximumAttempts: 3 },
});
