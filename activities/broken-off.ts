import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { breakOffBulkAction, BulkActions } from '../src/models/bulk-actions';
import { forgetBulkRows } from '../src/models/bulk-rows';
import { purgeCredentials } from '../src/models/credentials';
import { breakOffImport, Imports } from '../src/models/imports';
import { bulkActionId, importId } from '../workflows/names';

/** Ids of bulk actions and imports that are not through, and whose workflow does not run; at most a hundred of each. */
export interface BrokenOff {
  bulkIds?: string[];
  importIds?: string[];
}

const most = 100;
const underWay = { finishedAt: { $exists: false } };

/** One that the web has just written, and whose workflow it is about to start, is among them: look again before it is ended. */
export async function findBrokenOff(client: Client): Promise<Required<BrokenOff>> {
  const [bulks, imports] = await Promise.all([
    BulkActions.find(underWay, { _id: 1 }).sort({ createdAt: 1 }).limit(most).lean<{ _id: string }[]>(),
    Imports.find(underWay, { _id: 1 }).sort({ createdAt: 1 }).limit(most).lean<{ _id: string }[]>(),
  ]);
  const gone = async (ids: { _id: string }[], workflowId: (id: string) => string): Promise<string[]> => {
    const found: string[] = [];
    for (const { _id } of ids) if (!(await runs(client, workflowId(_id)))) found.push(_id);
    return found;
  };
  return { bulkIds: await gone(bulks, bulkActionId), importIds: await gone(imports, importId) };
}

/** Ends those of these whose workflow does not run now either; pages then say how far they came. @returns how many */
export async function endBrokenOff(
  client: Client,
  { bulkIds = [], importIds = [] }: BrokenOff,
): Promise<number> {
  let ended = 0;
  for (const id of bulkIds) {
    if ((await runs(client, bulkActionId(id))) || !(await breakOffBulkAction(id, new Date()))) continue;
    ended += 1;
    // Nobody goes on with one that was stopped.
    if (await BulkActions.exists({ _id: id, stopAsked: { $exists: true } }))
      await Promise.all([purgeCredentials(id), forgetBulkRows(id)]);
  }
  for (const id of importIds)
    if (!(await runs(client, importId(id))) && (await breakOffImport(id, new Date()))) ended += 1;
  return ended;
}

async function runs(client: Client, workflowId: string): Promise<boolean> {
  try {
    const { status } = await client.workflow.getHandle(workflowId).describe();
    return status.name === 'RUNNING';
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}
