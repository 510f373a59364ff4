import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { FaultKind } from './catalogue';
import { sizeOf, type Plan } from './plan';
import type { RunResult } from './run';
import { faulty, isSound } from './oracle';

/** A line of `docs/reliability.jsonl`: one run. */
export interface ResultLine {
  /** When it ended, ISO 8601. */
  at: string;
  /** The commit that was under test, with the day it was made. */
  version: string;
  seed: number;
  /** Absent in lines of before it was kept. */
  database?: string;
  /** What the seed's faults were drawn from, where that was not all. */
  only?: string[];
  /** Of a run that failed: what makes it again, under a later catalogue too. */
  plan?: Plan;
  /** Where they were several. */
  mailboxes?: number;
  /** As planned. */
  items: number;
  faults: Partial<Record<FaultKind, number>>;
  /** Faults that were planned and could not be made here. */
  impossible: FaultKind[];
  durationMs: number;
  starts: number;
  state: string;
  /** Why it broke off. */
  why?: string;
  /** Items of the source that were looked for in the target; absent where it came to no end, or in early lines. */
  compared?: number;
  lost: number;
  doubled: number;
  altered: number;
  misplaced: number;
  foreign: number;
  leftBehind: number;
  removed: number;
  /** Absent in lines of before these were looked at. */
  stale?: number;
  dropped?: number;
  unasked?: number;
  filtered?: number;
  /** What else was not as it should be: figures of the report, folders, mails, secrets. */
  claims?: string[];
  passes?: number;
  /** Items that are not in the target and were named, by the code of the reason. */
  named: Record<string, number>;
  /** Written into the line of a run that failed, once it is mended: the commit, and what was wrong. */
  mended?: string;
}

/** What a result does not know of its run. */
export interface RunFacts {
  plan: Plan;
  only: readonly string[];
  version: string;
  database: string;
  impossible: FaultKind[];
  at: Date;
}

export function lineOf(
  result: RunResult,
  { plan, only, version, database, impossible, at }: RunFacts,
): ResultLine {
  const { verdict, durationMs, reasons = {}, items, faults, starts, state, why, compared, passes } = result;
  const { mailboxes } = sizeOf(plan);
  const count = (what: keyof NonNullable<typeof verdict>) => verdict?.[what].length ?? 0;
  return {
    at: at.toISOString().replace(/\.\d+Z$/, 'Z'),
    version,
    seed: plan.seed,
    database,
    ...(only.length === 0 ? {} : { only: [...only] }),
    ...(mailboxes === 1 ? {} : { mailboxes }),
    items,
    faults,
    impossible,
    durationMs,
    starts,
    state,
    ...(why === undefined ? {} : { why }),
    ...(compared === undefined ? {} : { compared }),
    lost: count('lost'),
    doubled: count('doubled'),
    altered: count('altered'),
    misplaced: count('misplaced'),
    foreign: count('foreign'),
    leftBehind: count('leftBehind'),
    removed: count('removed'),
    stale: count('stale'),
    dropped: count('dropped'),
    unasked: count('unasked'),
    filtered: count('filtered'),
    claims: result.claims ?? [],
    passes,
    named: reasons,
    ...(hasPassed(result) ? {} : { plan }),
  };
}

/** Whether a run came to its end and kept the promise: nothing lost, nothing twice. */
export function hasPassed({ state, verdict, claims = [] }: RunResult): boolean {
  return isOver(state) && verdict !== undefined && isSound(verdict) && claims.length === 0;
}

/** Whether a run came to an end, and to a wrong one: items lost, doubled or altered, or a migration that did not complete. */
export function brokePromise(result: RunResult): boolean {
  return result.verdict !== undefined && !hasPassed(result);
}

/** Whether a run stood still, or had no pages: it would not have come to its end on any machine. */
export function isHopeless({ state }: RunResult): boolean {
  return /^(stuck|circles|pagesAway)/.test(state);
}

/** What was wrong with a run, a sentence each; of each sort of items the first few. */
export function whatWasWrong({ state, why, verdict, claims = [] }: RunResult): string[] {
  const items = faulty.flatMap((what) => {
    const found = verdict?.[what] ?? [];
    const few = found.slice(0, 3).map(({ path, key, differs = [] }) => [path, key, ...differs].join(' '));
    return found.length === 0 ? [] : [`${found.length} ${what} (${few.join(', ')})`];
  });
  const end = why === undefined ? `it ended as ${state}` : `it ended as ${state}: ${why}`;
  return [...(isOver(state) ? [] : [end]), ...items, ...claims];
}

/** Whether a run that was kept had passed. */
export function linePassed(line: ResultLine): boolean {
  const isSound = faulty.every((what) => (line[what] ?? 0) === 0) && (line.claims ?? []).length === 0;
  return isOver(line.state) && isSound;
}

/** Whether a run that was kept came to an end, so that both mailboxes were compared. */
export function lineCompared({ state }: ResultLine): boolean {
  return /^(completed|completedWithIssues|failed|stopped|expired)$/.test(state);
}

/** Whether a run that was kept broke off by the campaign's own doing: nothing can be said of it. */
export function lineBrokeOff({ state }: ResultLine): boolean {
  return state === 'brokeOff';
}

const isOver = (state: string) => /^completed(WithIssues)?$/.test(state);

export function append(file: string, line: ResultLine): void {
  mkdirSync(dirname(file), { recursive: true });
  appendFileSync(file, `${JSON.stringify(line)}\n`);
}

export function readResults(file: string): ResultLine[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
  return lines.map((line) => JSON.parse(line) as ResultLine);
}
