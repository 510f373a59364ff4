import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * How long a process was ready to run and had no core since it began, by the thread that waited longest.
 * Linux tells it: Documentation/scheduler/sched-stats.rst.
 */
export function waitedForCoreMs(pid: number): number {
  const tasks = `/proc/${pid}/task`;
  const waitedNs = readdirSync(tasks).map((task) => {
    try {
      return Number(readFileSync(join(tasks, task, 'schedstat'), 'utf8').split(' ')[1]);
    } catch {
      // The thread has ended meanwhile.
      return 0;
    }
  });
  return Math.max(...waitedNs) / 1e6;
}
