import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';
import { historyToJSON } from '@temporalio/common/lib/proto-utils';
import type { House } from './house';

/** Keeps the history of a run for the replay test, where RECORD_HISTORIES is set; done for each release. */
export async function recordHistory(house: House, workflowId: string, name: string): Promise<void> {
  if (!process.env.RECORD_HISTORIES) return;
  const folder = join(__dirname, 'histories');
  mkdirSync(folder, { recursive: true });
  const history = await house.client.workflow.getHandle(workflowId).fetchHistory();
  // Stack traces name where the tree lies on this machine.
  const text = historyToJSON(history).replaceAll(resolve(__dirname, '..', '..') + sep, '');
  writeFileSync(join(folder, `${name}.json`), `${text}\n`);
}
