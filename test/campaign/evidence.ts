import { closeSync, mkdirSync, openSync, readSync, statSync, readdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils';
import { temporalAddress } from '../../sandbox/parts';
import type { Plan } from './plan';
import type { FaultySystem } from './system';

/** How long each log was when a run began. */
export type LogMarks = ReadonlyMap<string, number>;

export function logMarks({ layout }: FaultySystem): LogMarks {
  const folder = join(layout.data, 'logs');
  return new Map(readdirSync(folder).map((name) => [name, statSync(join(folder, name)).size]));
}

/**
 * Keeps what tells how a run failed: its plan, its outcome, what the parts logged meanwhile and the histories of its time.
 * @returns the folder, from the root of the work tree
 */
export async function keepEvidence(
  root: string,
  system: FaultySystem,
  plan: Plan,
  marks: LogMarks,
  outcome: object,
): Promise<string> {
  const folder = join(root, '.data', 'faults', 'failed', String(plan.seed));
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'plan.json'), JSON.stringify(plan, undefined, 2));
  writeFileSync(join(folder, 'outcome.json'), JSON.stringify(outcome, undefined, 2));
  const logs = join(system.layout.data, 'logs');
  for (const name of readdirSync(logs)) {
    const bytes = tailOf(join(logs, name), marks.get(name) ?? 0);
    writeFileSync(join(folder, name), bytes);
  }
  await keepHistories(system, folder).catch(() => undefined);
  return relative(root, folder);
}

/** A log that was cut meanwhile is taken whole. */
function tailOf(file: string, from: number): Buffer {
  const { size } = statSync(file);
  const start = from > size ? 0 : from;
  const bytes = Buffer.alloc(size - start);
  const descriptor = openSync(file, 'r');
  readSync(descriptor, bytes, 0, bytes.length, start);
  closeSync(descriptor);
  return bytes;
}

async function keepHistories(system: FaultySystem, folder: string): Promise<void> {
  const connection = await Connection.connect({ address: temporalAddress(system.layout) });
  try {
    const client = new Client({ connection });
    let number = 0;
    for await (const one of client.workflow.list({ query: 'WorkflowType = "migrateMailbox"' })) {
      if (number >= 6) break;
      const history = await client.workflow.getHandle(one.workflowId, one.runId).fetchHistory();
      writeFileSync(join(folder, `history-${number}-${one.workflowId}.json`), historyToJSON(history));
      number += 1;
    }
  } finally {
    await connection.close();
  }
}
