import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import type { RunEnd } from './agenda';
import type { FaultKind } from './catalogue';
import { keepEvidence, logMarks } from './evidence';
import { PagesAway } from './people';
import { sizeOf, type Plan } from './plan';
import { append, brokePromise, hasPassed, isHopeless, lineOf, whatWasWrong } from './results';
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
  only: readonly string[];
  isReplay: boolean;
  /** Takes what failed. */
  failures: Failure[];
}

/** Makes one run, appends its result and keeps what explains a failure. */
export async function makeRun(
  surroundings: Surroundings,
  plan: Plan,
  { root, results, only, isReplay, failures }: RunOptions,
): Promise<RunEnd> {
  const { system } = surroundings;
  if (isReplay) say(JSON.stringify(plan, undefined, 2));
  const marks = logMarks(system);
  const begunAt = performance.now();
  const result = await runOnce(surroundings, plan).catch((fault: unknown) =>
    brokenOff(plan, fault, performance.now() - begunAt),
  );
  const passed = hasPassed(result);
  const line = lineOf(result, {
    plan,
    only,
    version: versionOf(root),
    database: databaseOf(surroundings),
    impossible: impossibleOf(surroundings, plan),
    at: new Date(),
  });
  append(resolve(root, results), line);
  say(`${passed ? 'ok  ' : 'FAIL'} ${JSON.stringify({ ...line, plan: undefined })}`);
  if (passed) return 'kept';
  failures.push({ plan, wrong: whatWasWrong(result) });
  const kept = keepEvidence(root, system, plan, marks, result);
  say(`     kept in ${await kept.catch((fault: unknown) => `no folder: ${String(fault)}`)}`);
  return brokePromise(result) || isHopeless(result) ? 'broken' : 'unended';
}

/** The result of a run that could not go on: pages that stay away are the product's fault, all else is the campaign's own. */
function brokenOff(plan: Plan, fault: unknown, durationMs: number): RunResult {
  const text = fault instanceof Error ? (fault.stack ?? fault.message) : String(fault);
  say(`${plan.seed}: the run broke off: ${text}`);
  const [why = ''] = (fault instanceof Error ? fault.message : text).split('\n');
  const { items, passes } = sizeOf(plan);
  return {
    items,
    state: fault instanceof PagesAway ? 'pagesAway' : 'brokeOff',
    why: why.slice(0, 200),
    // What struck, and how often it was started, is not known any more.
    faults: {},
    starts: 0,
    passes,
    durationMs: Math.round(durationMs),
  };
}

function databaseOf({ system }: Surroundings): string {
  const { mongodb } = system.layout.sources;
  if ('mongod' in mongodb) return 'MongoDB';
  return 'launcher' in mongodb ? 'FerretDB' : 'mongo-java-server';
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
