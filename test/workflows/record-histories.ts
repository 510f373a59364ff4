import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve, sep } from 'node:path';
import { historyToJSON } from '@temporalio/common/lib/proto-utils';
import { version } from '../../package.json';
import type { House } from './house';

/**
 * Keeps the history of a run for the replay test, in the folder of the version in package.json, where RECORD_HISTORIES is set:
 * `npm run record-histories`, done for each release.
 * @param runId absent: the newest run of this id
 */
export async function recordHistory(
  house: House,
  workflowId: string,
  name: string,
  runId?: string,
): Promise<void> {
  if (!process.env.RECORD_HISTORIES) return;
  const folder = join(__dirname, 'histories', version);
  mkdirSync(folder, { recursive: true });
  const history = await house.client.workflow.getHandle(workflowId, runId).fetchHistory();
  // Stack traces name where the tree lies on this machine.
  const text = historyToJSON(history).replaceAll(resolve(__dirname, '..', '..') + sep, '');
  writeFileSync(join(folder, `${name}.json`), `${JSON.stringify(JSON.parse(text))}\n`);
}
