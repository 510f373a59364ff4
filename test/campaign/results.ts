import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { FaultKind } from './catalogue';
import type { RunResult } from './run';
import { faulty, isSound } from './oracle';

/** A line of `docs/reliability.jsonl`: one run. */
export interface ResultLine {
  /** When it ended, ISO 8601. */
  at: string;
  /** The commit that was under test, with the day it was made. */
  version: string;
  seed: number;
  items: number;
  faults: Partial<Record<FaultKind, number>>;
  /** Faults that were planned and could not be made here. */
  impossible: FaultKind[];
  durationMs: number;
  starts: number;
  state: string;
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

export function lineOf(
  result: RunResult,
  { seed, version, impossible, at }: { seed: number; version: string; impossible: FaultKind[]; at: Date },
): ResultLine {
  const { verdict, durationMs, reasons = {}, items, faults, starts, state, claims = [], passes } = result;
  const count = (what: keyof NonNullable<typeof verdict>) => verdict?.[what].length ?? 0;
  return {
    at: at.toISOString().replace(/\.\d+Z$/, 'Z'),
    version,
    seed,
    items,
    faults,
    impossible,
    durationMs,
    starts,
    state,
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
    claims,
    passes,
    named: reasons,
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

/** Whether a run stood still: it would not have come to its end on any machine. */
export function isStuck({ state }: RunResult): boolean {
  return state.startsWith('stuck');
}

/** What was wrong with a run, a sentence each; of each sort of items the first few. */
export function whatWasWrong({ state, verdict, claims = [] }: RunResult): string[] {
  const items = faulty.flatMap((what) => {
    const found = verdict?.[what] ?? [];
    const few = found.slice(0, 3).map(({ path, key, differs = [] }) => [path, key, ...differs].join(' '));
    return found.length === 0 ? [] : [`${found.length} ${what} (${few.join(', ')})`];
  });
  return [...(isOver(state) ? [] : [`it ended as ${state}`]), ...items, ...claims];
}

/** Whether a run that was kept had passed. */
export function linePassed(line: ResultLine): boolean {
  const isSound = faulty.every((what) => (line[what] ?? 0) === 0) && (line.claims ?? []).length === 0;
  return isOver(line.state) && isSound;
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
