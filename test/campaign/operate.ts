import { Client, Connection, WorkflowNotFoundError } from '@temporalio/client';
import { randomUUID } from 'node:crypto';
import { namespace, temporalAddress, type Layout } from '../../sandbox/parts';
import { migrationId } from '../../workflows/names';
import type { Deed } from './deeds';

type Operation = Extract<Deed, { do: 'operate' }>;

/**
 * What an operator does to the workflow of a row in the Temporal UI, as long as it runs.
 * @returns whether it did
 */
export async function operate(layout: Layout, rowId: string, { how, to }: Operation): Promise<boolean> {
  const connection = await Connection.connect({ address: temporalAddress(layout) });
  try {
    const handle = new Client({ connection, namespace }).workflow.getHandle(migrationId(rowId));
    if ((await handle.describe()).status.name !== 'RUNNING') return false;
    if (how === 'terminate') await handle.terminate('by an operator');
    else if (how === 'cancel') await handle.cancel();
    else await reset(connection, handle.workflowId, await resetPoint(handle, to));
    return true;
  } catch (fault) {
    if (fault instanceof WorkflowNotFoundError) return false;
    throw fault;
  } finally {
    await connection.close();
  }
}

/** The end of a workflow task: nothing else can be gone back to. */
async function resetPoint(handle: ReturnType<Client['workflow']['getHandle']>, to: number): Promise<number> {
  const { events } = await handle.fetchHistory();
  const ends = (events ?? []).filter((event) => event.workflowTaskCompletedEventAttributes);
  return Number(ends[Math.floor(to * ends.length)]?.eventId ?? 4);
}

async function reset(connection: Connection, workflowId: string, eventId: number): Promise<void> {
  await connection.workflowService.resetWorkflowExecution({
    namespace,
    workflowExecution: { workflowId },
    reason: 'by an operator',
    workflowTaskFinishEventId: eventId as unknown as Long,
    requestId: randomUUID(),
  });
}
