import { setTimeout as pause } from 'node:timers/promises';
import type { MailboxState } from '../../sandbox/exchange/control';
import { falseFigures, wrongFolders } from './claims';
import { isPlain } from './journey';
import { findLeaks, formsOf } from './leaks';
import { judge, type Verdict } from './oracle';
import type { Plan } from './plan';
import { countMails, inboxUrl, wrongMails, type Mail } from './post';
import type { Product, Row } from './product';
import { mailboxPath, type Stage } from './stage';
import type { FaultySystem } from './system';
import { wantedBy } from './wanted';
import { markedKey, type SeenMailbox, type Witness } from './witness';

/**
 * Mails at the end are handed over by a workflow of their own, whose waits are not at a fiftieth. At worst the last fault took an answer
 * with it: the task counts as lost after a minute and is repeated after half of one, and if the mail server puts it off then, after another.
 */
const mailWithinMs = 180_000;

/** What is looked at when a migration has come to its end. */
export interface Ending {
  plan: Plan;
  stage: Stage;
  row: Row;
  starts: number;
  /** The source before it was changed; absent where nobody changed it. */
  before?: SeenMailbox;
  /** Paths that the target had before anything was copied. */
  fresh: ReadonlySet<string>;
  targetWasPruned: boolean;
  ledgerWasLost: boolean;
}

export interface Judgement {
  verdict: Verdict;
  /** Items of the source that were looked for in the target. */
  compared: number;
  /** Whatever else is not as it should be: figures, folders, mails, secrets; a sentence each. */
  claims: string[];
  /** Codes of the reasons for which items are named. */
  reasons: Record<string, number>;
}

export async function verdictOf(
  system: FaultySystem,
  product: Product,
  witness: Witness,
  ending: Ending,
): Promise<Judgement> {
  const { plan, stage, row, ledgerWasLost, targetWasPruned } = ending;
  const { pairId } = row;
  const named = pairId === undefined ? new Map<string, string>() : await product.named(pairId);
  const told = await stage.people.report();
  const after = await witness.see(system.mailbox('source', stage.mover));
  const target = await witness.see(system.mailbox('target', stage.mover), pairId ?? 'none');
  const verdict = judge({
    before: (ending.before ?? after).items,
    after: after.items,
    target: target.items,
    diary: stage.diary,
    wanted: wantedBy(plan.journey, after.folders),
    named: new Set(named.keys()),
    pruned: await prunedOf(stage, pairId),
    changedInTarget: row.changedInTarget,
    ledgerWasLost,
  });
  const trees = { source: after.folders, target: target.folders, fresh: ending.fresh };
  const { filter } = plan.journey;
  const claims = [
    ...falseFigures(told, verdict, target.items, new Set(named.keys())),
    ...wrongFolders({ ...trees, filter, isPruned: targetWasPruned }),
    ...(await mailsOf(system, ending)),
    ...(await leaksOf(system, ending)),
  ];
  return { verdict, compared: after.items.length, claims, reasons: reasonsOf(verdict, named) };
}

/** The paths of a mailbox that nothing was copied to yet. */
export async function freshPaths(stage: Stage): Promise<ReadonlySet<string>> {
  const state = (await stage.system.control('target', 'GET', mailboxPath(stage, 'target'))) as MailboxState;
  return new Set(state.folders.map(({ path }) => path));
}

/** Keys of the items whose copies lay in folders of the target when these were deleted. */
async function prunedOf(stage: Stage, pairId: string | undefined): Promise<ReadonlySet<string>> {
  const path = mailboxPath(stage, 'target');
  const { goneWithFolders } = (await stage.system.control('target', 'GET', path)) as MailboxState;
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

async function mailsOf(system: FaultySystem, { stage, row, starts, plan }: Ending): Promise<string[]> {
  // A database or a Temporal that was set back knows of ends no more, or comes to the same end again.
  if (plan.faults.some(({ deed }) => deed.do === 'setBack')) return [];
  const giveUpAt = Date.now() + mailWithinMs;
  for (;;) {
    const answer = await fetch(inboxUrl(system.layout.ports.inbox));
    const mails = (await answer.json()) as Mail[];
    const wrong = wrongMails(
      countMails(mails, stage.mover.source.address),
      row.ends,
      startsOf(plan) + starts,
    );
    if (wrong.length === 0 || Date.now() > giveUpAt) return wrong;
    await pause(300);
  }
}

async function leaksOf({ layout }: FaultySystem, { stage, row }: Ending): Promise<string[]> {
  const secrets = stage.passwords.flatMap(({ address, password }) => formsOf(address, password));
  const { linkToken } = stage.people;
  if (linkToken !== undefined) secrets.push({ what: 'the link', text: linkToken });
  const folders = [
    { path: `${layout.data}/temporal`, known: row.id },
    { path: `${layout.data}/mongodb`, known: stage.mover.source.address },
    { path: `${layout.data}/logs` },
  ];
  return findLeaks(folders, secrets);
}

/** Starts that somebody pressed beside those that the run needed. */
function startsOf({ faults }: Plan): number {
  const buttons = faults.flatMap(({ deed }) => (deed.do === 'press' ? deed.buttons : []));
  return buttons.filter((button) => button === 'start' || button === 'retry').length;
}

/** Whether what is at the source at the end is what was there before. */
export const isUsed = ({ faults, journey }: Plan): boolean =>
  journey.between !== undefined || !isPlain(journey) || faults.some(({ deed }) => deed.do === 'useSource');
