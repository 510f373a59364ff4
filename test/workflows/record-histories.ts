import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { historyToJSON } from '@temporalio/common/lib/proto-utils';
import type { House } from './house';

/** Keeps the history of a run for the replay test, where RECORD_HISTORIES is set; done for each release. */
export async function recordHistory(house: House, workflowId: string, name: string): Promise<void> {
  if (!process.env.RECORD_HISTORIES) return;
  const folder = join(__dirname, 'histories');
  mkdirSync(folder, { recursive: true });
  const history = await house.client.workflow.getHandle(workflowId).fetchHistory();
  writeFileSync(join(folder, `${name}.json`), `${historyToJSON(history)}\n`);
}
