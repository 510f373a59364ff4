import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { mongodbUri, type Layout } from '../../sandbox/parts';
import type { FaultKind } from './catalogue';
import { keepEvidence, logMarks } from './evidence';
import { planOf, type Plan } from './plan';
import { Product } from './product';
import { reportOf } from './report';
import { append, brokePromise, hasPassed, lineOf, readResults } from './results';
import { runOnce, type RunResult, type Surroundings } from './run';
import { FaultySystem } from './system';
import { Witness } from './witness';

export interface CampaignOptions {
  root: string;
  sources: Layout['sources'];
  flags: {
    seed: number;
    runs: number;
    forMs?: number;
    isReplay: boolean;
    /** A file with the plan of each run, instead of one that is drawn. */
    plan?: string;
    only: string[];
    results: string;
  };
}

/**
 * What a campaign comes to: every run kept the promise; a run ended wrongly; or none did, and one did not come to its end
 * in time or broke off.
 */
export type CampaignEnd = 'kept' | 'broken' | 'unended';

/** Runs until the number or the time is reached. */
export async function main({ root, sources, flags }: CampaignOptions): Promise<CampaignEnd> {
  const { seed, runs, forMs = Infinity } = flags;
  const endAt = Date.now() + forMs;
  planOf(seed, flags.only);
  const data = join(root, '.data', 'faults', 'system');
  say('Starting the system');
  const system = await FaultySystem.start(root, data, sources);
  const told = toldToEnd();
  const product = await Product.connect(mongodbUri(system.layout));
  const witness = new Witness();
  const tally = { kept: 0, broken: 0, unended: 0 };
  const done = () => tally.kept + tally.broken + tally.unended;
  let longestMs = 0;
  try {
    while (done() < runs && !told.isTold && Date.now() + longestMs < endAt) {
      const plan =
        flags.plan === undefined
          ? planOf(seed + done(), flags.only)
          : (JSON.parse(readFileSync(resolve(root, flags.plan), 'utf8')) as Plan);
      if (flags.isReplay) say(JSON.stringify(plan, undefined, 2));
      const begunAt = Date.now();
      tally[await oneRun({ system, product, witness }, plan, root, flags.results)] += 1;
      longestMs = Math.max(longestMs, Date.now() - begunAt);
    }
  } finally {
    witness.end();
    await product.close().catch(() => undefined);
    await system.end();
  }
  say(`${tally.kept} of ${done()} runs lost nothing, doubled nothing and came to their end.`);
  report(root, flags.results);
  return tally.broken > 0 ? 'broken' : tally.unended > 0 ? 'unended' : 'kept';
}

async function oneRun(
  surroundings: Surroundings,
  plan: Plan,
  root: string,
  results: string,
): Promise<CampaignEnd> {
  const { system } = surroundings;
  const marks = logMarks(system);
  let result: RunResult;
  try {
    result = await runOnce(surroundings, plan);
  } catch (fault) {
    // The campaign itself failed: that is neither a result nor a success.
    say(`${plan.seed}: the run broke off: ${fault instanceof Error ? (fault.stack ?? '') : String(fault)}`);
    await keepEvidence(root, system, plan, marks, { fault: String(fault) });
    await system.heal().catch(() => undefined);
    return 'unended';
  }
  const passed = hasPassed(result);
  const impossible: FaultKind[] = system.clocks.canShift ? [] : ['clockApart'];
  const line = lineOf(result, {
    seed: plan.seed,
    version: versionOf(root),
    impossible: impossible.filter((kind) => plan.faults.some((fault) => fault.kind === kind)),
    at: new Date(),
  });
  append(resolve(root, results), line);
  say(`${passed ? 'ok  ' : 'FAIL'} ${JSON.stringify(line)}`);
  if (!passed) say(`     kept in ${await keepEvidence(root, system, plan, marks, result)}`);
  if (passed) return 'kept';
  return brokePromise(result) ? 'broken' : 'unended';
}

/** Makes the report beside the results. */
export function report(root: string, results: string): void {
  const file = resolve(root, results);
  writeFileSync(file.replace(/\.jsonl$/, '.md'), reportOf(readResults(file)));
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

/** Ctrl-C lets the run come to its end; the second one ends everything at once. */
function toldToEnd(): { isTold: boolean } {
  const told = { isTold: false };
  for (const name of ['SIGINT', 'SIGTERM'] as const)
    process.on(name, () => {
      if (told.isTold) process.exit(130);
      told.isTold = true;
      say('Ending after this run');
    });
  return told;
}

function say(line: string): void {
  process.stdout.write(`${new Date().toTimeString().slice(0, 8)} ${line}\n`);
}
