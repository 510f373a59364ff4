import { setTimeout as pause } from 'node:timers/promises';
import type { MailboxState } from '../../sandbox/exchange/control';
import { falseFigures, wrongFolders } from './claims';
import { isPlain } from './journey';
import { findLeaks, formsOf } from './leaks';
import { emptyVerdict, judge, type Verdict } from './oracle';
import type { Plan } from './plan';
import { countMails, inboxUrl, wrongMails, type Mail } from './post';
import type { Product, Row } from './product';
import { mailboxPath, type RunMailbox } from './run-mailbox';
import type { Surroundings } from './run';
import type { Mover } from './sides';
import { within, type FaultySystem } from './system';
import { wantedBy } from './wanted';
import { markedKey } from './witness';

/**
 * Mails at the end are handed over by a workflow of their own, whose waits are not at a fiftieth. At worst the last fault took an answer
 * with it: the task counts as lost after a minute and is repeated after half of one, and if the mail server puts it off then, after another.
 */
const mailWithinMs = 180_000;

/** Several times what the gate takes to find slots of those that have ended, and to let in whoever still waits: both at a fiftieth. */
const slotsWithinMs = 60_000;

/**
 * As for mails: a bulk action's waits are not at a fiftieth either, and a part of it that was lost with its worker or its answer is
 * repeated after a minute at most.
 */
const bulkActionsWithinMs = 180_000;

/** What is looked at when the migration of a mailbox has come to its end. */
export interface Ending {
  plan: Plan;
  mailbox: RunMailbox;
  row: Row;
  starts: number;
  targetWasPruned: boolean;
  ledgerWasLost: boolean;
}

export interface Judgement {
  verdict: Verdict;
  /** Items of the source that were looked for in the target. */
  compared: number;
  /** Whatever else is not as it should be: figures, folders, mails, slots, secrets; a sentence each. */
  claims: string[];
  /** Codes of the reasons for which items are named. */
  reasons: Record<string, number>;
}

/** Judges a mailbox of a run. */
export async function verdictOf(
  { system, product, witness }: Surroundings,
  ending: Ending,
): Promise<Judgement> {
  const { mailbox, row, ledgerWasLost, targetWasPruned } = ending;
  const { mover, journey, before, fresh } = mailbox;
  const { pairId } = row;
  const named = pairId === undefined ? new Map<string, string>() : await product.named(pairId);
  const told = await mailbox.people.report();
  const after = await witness.see(system.mailbox('source', mover));
  const target = await witness.see(system.mailbox('target', mover), pairId ?? 'none');
  const verdict = judge({
    before: (before ?? after).items,
    after: after.items,
    target: target.items,
    diary: mailbox.diary,
    wanted: wantedBy(journey, after.folders),
    named: new Set(named.keys()),
    pruned: await prunedOf(mailbox, pairId),
    changedInTarget: row.changedInTarget,
    ledgerWasLost,
  });
  const trees = { source: after.folders, target: target.folders, fresh };
  const { filter } = journey;
  const claims = [
    ...falseFigures(told, verdict, target.items, new Set(named.keys())),
    ...wrongFolders({ ...trees, filter, isPruned: targetWasPruned }),
    ...(await mailsOf(system, ending)),
  ].map((claim) => `${mover.source.address}: ${claim}`);
  return { verdict, compared: after.items.length, claims, reasons: reasonsOf(verdict, named) };
}

/** The mailboxes of a run as one, with what is claimed of all of them. */
export function allTogether(judgements: readonly Judgement[], claims: readonly string[]): Judgement {
  const all: Judgement = { verdict: emptyVerdict(), compared: 0, claims: [...claims], reasons: {} };
  for (const { verdict, compared, claims: own, reasons } of judgements) {
    for (const what of Object.keys(verdict) as (keyof Verdict)[]) all.verdict[what].push(...verdict[what]);
    all.compared += compared;
    all.claims.push(...own);
    for (const [code, count] of Object.entries(reasons)) all.reasons[code] = (all.reasons[code] ?? 0) + count;
  }
  return all;
}

/** When every migration has ended nobody has a slot or waits for one, as soon as the gate has looked. */
export async function slotsLeft(product: Product): Promise<string[]> {
  let left = 0;
  const isGone = await within(slotsWithinMs, async () => (left = await product.slots()) === 0);
  return isGone ? [] : [`${left} slots are left when all have ended`];
}

/** A press for many rows comes to its end, or is told to be broken off, whatever befell it. */
export async function bulkActionsLeft(product: Product): Promise<string[]> {
  let left = 0;
  const isGone = await within(
    bulkActionsWithinMs,
    async () => (left = await product.bulkActionsUnderWay()) === 0,
  );
  return isGone ? [] : [`${left} presses for all that the list shows come to no end`];
}

/** The paths of a mailbox that nothing was copied to yet. */
export async function freshPaths(system: FaultySystem, mover: Mover): Promise<ReadonlySet<string>> {
  const state = (await system.control('target', 'GET', mailboxPath({ mover }, 'target'))) as MailboxState;
  return new Set(state.folders.map(({ path }) => path));
}

/** Keys of the items whose copies lay in folders of the target when these were deleted. */
async function prunedOf(mailbox: RunMailbox, pairId: string | undefined): Promise<ReadonlySet<string>> {
  const path = mailboxPath(mailbox, 'target');
  const { goneWithFolders } = (await mailbox.system.control('target', 'GET', path)) as MailboxState;
  return new Set(goneWithFolders.flatMap((properties) => markedKey(properties, pairId ?? 'none') ?? []));
}

function reasonsOf(verdict: Verdict, named: ReadonlyMap<string, string>): Record<string, number> {
  const reasons: Record<string, number> = {};
  for (const { key } of verdict.named) {
    const code = named.get(key ?? '') ?? '';
    reasons[code] = (reasons[code] ?? 0) + 1;
  }
  return reasons;
}

async function mailsOf(system: FaultySystem, { mailbox, row, starts, plan }: Ending): Promise<string[]> {
  // A database or a Temporal that was set back knows of ends no more, or comes to the same end again.
  if (plan.faults.some(({ deed }) => deed.do === 'setBack')) return [];
  const giveUpAt = Date.now() + mailWithinMs;
  for (;;) {
    const answer = await fetch(inboxUrl(system.layout.ports.inbox));
    const mails = (await answer.json()) as Mail[];
    const wrong = wrongMails(
      countMails(mails, mailbox.mover.source.address),
      row.ends,
      startsOf(mailbox) + starts,
    );
    if (wrong.length === 0 || Date.now() > giveUpAt) return wrong;
    await pause(300);
  }
}

/** Where what the people of a run typed, or were sent, stands in files. */
export async function leaksOf({ layout }: FaultySystem, mailboxes: readonly RunMailbox[]): Promise<string[]> {
  const secrets = mailboxes.flatMap(({ passwords, people: { linkToken } }) => [
    ...passwords.flatMap(({ address, password }) => formsOf(address, password)),
    ...(linkToken === undefined ? [] : [{ what: 'the link', text: linkToken }]),
  ]);
  const folders = [
    { path: `${layout.data}/temporal`, known: mailboxes.map(({ people }) => people.rowId) },
    { path: `${layout.data}/mongodb`, known: mailboxes.map(({ mover }) => mover.source.address) },
    { path: `${layout.data}/logs`, known: [] },
  ];
  return findLeaks(folders, secrets);
}

/** Starts that somebody pressed beside those that the run needed. */
function startsOf({ faults }: RunMailbox): number {
  const buttons = faults.flatMap(({ deed }) => (deed.do === 'press' ? deed.buttons : []));
  return buttons.filter((button) => button === 'start' || button === 'retry').length;
}

/** Whether what is at the source at the end is what was there before. */
export const isUsed = ({ faults, journey }: Pick<RunMailbox, 'faults' | 'journey'>): boolean =>
  journey.between !== undefined || !isPlain(journey) || faults.some(({ deed }) => deed.do === 'useSource');
