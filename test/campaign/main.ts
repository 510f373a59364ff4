import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Layout } from '../../sandbox/parts';
import { Agenda, type RunEnd } from './agenda';
import { Lane } from './lane';
import { makeRun, type Failure } from './make-run';
import { reportOf } from './report';
import { readResults } from './results';
import { say } from './say';

export interface CampaignFlags {
  seed: number;
  runs: number;
  forMs?: number;
  /** Systems beside each other, with a run each. */
  atOnce: number;
  isReplay: boolean;
  /** A file with the plan of each run, instead of one that is drawn. */
  plan?: string;
  only: string[];
  /** Runs without a fault of any of these kinds are passed over; empty: none is. */
  having: string[];
  results: string;
}

export interface CampaignOptions {
  root: string;
  sources: Layout['sources'];
  flags: CampaignFlags;
}

/**
 * Runs until the number or the time is reached, and tells in the end whatever is needed to make a failing run again.
 * @throws Error that says what to do, where it was not given parts of its own
 * @returns the worst that came of any run; `broken` where none kept the promise, and `unended` where a system could not be brought up
 */
export async function main({ root, sources, flags }: CampaignOptions): Promise<RunEnd> {
  assertOwnParts(sources);
  const agenda = new Agenda(flags);
  endWhenTold(agenda);
  const failures: Failure[] = [];
  /** Of each system whether it worked to the end. */
  const lanes: Promise<boolean>[] = [];
  const { results, only, isReplay } = flags;
  const options = { root, results, only, isReplay, failures };
  for (let number = 1; number <= Math.min(flags.atOnce, flags.runs); number += 1) {
    const lane = new Lane(root, sources, number, (...run) => makeRun(...run, options));
    say(`Starting system ${number}`);
    const begun = lane.begin();
    lanes.push(begun.then(() => lane.work(agenda)).then(worked, fell(number)));
    // One after the other: what comes up needs a core.
    await begun.catch(() => undefined);
  }
  const allWorked = (await Promise.all(lanes)).every(Boolean);
  say(`${agenda.count('kept')} of ${agenda.count()} runs kept the promise and came to their end.`);
  for (const { plan, wrong } of failures) {
    say(`Run ${plan.seed} failed: ${wrong.join('; ')}.`);
    say(
      `To make it again, put this into a file for \`npm run faults -- --plan FILE\`: ${JSON.stringify(plan)}`,
    );
  }
  report(root, results);
  if (agenda.count('broken') > 0 || agenda.count('kept') === 0) return 'broken';
  return agenda.count('unended') > 0 || !allWorked ? 'unended' : 'kept';
}

/** @throws Error where a database or a Temporal was given that is somebody else's */
function assertOwnParts({ mongodb, temporal }: Layout['sources']): void {
  const given = ['uri' in mongodb ? 'MONGODB_URI' : '', 'address' in temporal ? 'TEMPORAL_ADDRESS' : ''];
  const names = given.filter(Boolean).join(' and ');
  if (names !== '')
    throw new Error(
      `The campaign kills, fills and sets back what the product stands on, and searches its files: it needs a database and a Temporal of its own. Unset ${names}.`,
    );
}

const worked = () => true;
/** What ends a system ends the runs of the others no more than they end its. */
const fell = (number: number) => (fault: unknown) => {
  say(`System ${number} makes no more runs: ${String(fault)}`);
  return false;
};

/** Makes the report beside the results. */
export function report(root: string, results: string): void {
  const file = resolve(root, results);
  writeFileSync(file.replace(/\.jsonl$/, '.md'), reportOf(readResults(file)));
}

/** Ctrl-C lets the runs that are under way come to their end; the second one ends everything at once. */
function endWhenTold(agenda: Agenda): void {
  let isTold = false;
  for (const name of ['SIGINT', 'SIGTERM'] as const)
    process.on(name, () => {
      if (isTold) process.exit(130);
      isTold = true;
      agenda.close();
      say('Ending after what is under way');
    });
}
