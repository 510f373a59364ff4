import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** A process for good: an id alone is given to another process one day. */
export interface ProcessIdentity {
  pid: number;
  /** When it started, in the system's own words; equal only for the same process. */
  startedAt: string;
}

/** The identity of a process that lives, or undefined. */
export function identify(pid: number): ProcessIdentity | undefined {
  const startedAt = process.platform === 'linux' ? startFromProc(pid) : startFromPs(pid);
  return startedAt ? { pid, startedAt } : undefined;
}

/** True while that very process lives. */
export function lives({ pid, startedAt }: ProcessIdentity): boolean {
  return identify(pid)?.startedAt === startedAt;
}

/** Field 22 of proc_pid_stat(5), in clock ticks since boot. A zombie counts as gone. */
function startFromProc(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the program's name in brackets and may hold anything, so count after it.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    return undefined;
  }
}

function startFromPs(pid: number): string | undefined {
  try {
    const printed = execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return printed.toString().trim() || undefined;
  } catch {
    return undefined;
  }
}
