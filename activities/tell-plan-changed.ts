import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { signals, type PlanChangedSignal } from '../workflows/messages';
import { migrationId } from '../workflows/names';

/** Has a migration read its batch's plan and the start windows again. @returns false where none runs */
export async function tellPlanChanged(client: Client, mailUserId: string): Promise<boolean> {
  try {
    const handle = client.workflow.getHandle(migrationId(mailUserId));
    await handle.signal<[PlanChangedSignal]>(signals.planChanged, {});
    return true;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}
