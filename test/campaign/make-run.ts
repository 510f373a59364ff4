import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import type { RunEnd } from './agenda';
import type { FaultKind } from './catalogue';
import { keepEvidence, logMarks } from './evidence';
import type { Plan } from './plan';
import { append, brokePromise, hasPassed, isStuck, lineOf, whatWasWrong } from './results';
import { runOnce, type RunResult, type Surroundings } from './run';
import { say } from './say';

/** A run that did not keep the promise or did not come to its end, and what was wrong, a sentence each. */
export interface Failure {
  plan: Plan;
  wrong: string[];
}

export interface RunOptions {
  root: string;
  results: string;
  isReplay: boolean;
  /** Takes what failed. */
  failures: Failure[];
}

/** Makes one run, appends its result and keeps what explains a failure. */
export async function makeRun(
  surroundings: Surroundings,
  plan: Plan,
  { root, results, isReplay, failures }: RunOptions,
): Promise<RunEnd> {
  const { system } = surroundings;
  if (isReplay) say(JSON.stringify(plan, undefined, 2));
  const marks = logMarks(system);
  let result: RunResult;
  try {
    result = await runOnce(surroundings, plan);
  } catch (fault) {
    // The campaign itself failed: that is neither a result nor a success.
    const text = fault instanceof Error ? (fault.stack ?? fault.message) : String(fault);
    say(`${plan.seed}: the run broke off: ${text}`);
    failures.push({ plan, wrong: [`it broke off: ${String(fault)}`] });
    await keepEvidence(root, system, plan, marks, { fault: String(fault) });
    return 'unended';
  }
  const passed = hasPassed(result);
  const line = lineOf(result, {
    seed: plan.seed,
    version: versionOf(root),
    impossible: impossibleOf(surroundings, plan),
    at: new Date(),
  });
  append(resolve(root, results), line);
  say(`${passed ? 'ok  ' : 'FAIL'} ${JSON.stringify(line)}`);
  if (passed) return 'kept';
  failures.push({ plan, wrong: whatWasWrong(result) });
  say(`     kept in ${await keepEvidence(root, system, plan, marks, result)}`);
  return brokePromise(result) || isStuck(result) ? 'broken' : 'unended';
}

function impossibleOf({ system }: Surroundings, { faults }: Plan): FaultKind[] {
  const impossible: FaultKind[] = system.clocks.canShift ? [] : ['clockApart'];
  return impossible.filter((kind) => faults.some((fault) => fault.kind === kind));
}

function versionOf(root: string): string {
  const args = ['-C', root, 'log', '-1', '--format=%h %cs'];
  try {
    return execFileSync('git', args, { stdio: ['ignore', 'pipe', 'ignore'] })
      .toString()
      .trim();
  } catch {
    return 'unknown';
  }
}
