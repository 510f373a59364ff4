import { CancellationScope, condition, patched } from '@temporalio/workflow';
import { credentialGone, type FaultText } from '../../src/domain/faults';
import type { MailboxCounters, VerifyCounts } from '../../src/domain/migration';
import type { Side } from '../../src/domain/mailbox';
import { endOf, growing, textOf, type ActivityEnd } from '../faults';
import type { MailboxOpenedSignal } from '../messages';
import { folderActivities, mailboxActivities, short } from '../proxies';
import { beginPass } from './made-passes';
import { triedInVain, type Hopeless } from './hopeless';
import type { Migration } from './migration';
import { runPass, type PassEnd } from './pass';

/** Why the copying came to an end, or to a halt. */
export type CopyEnd =
  | { kind: 'done'; counters: MailboxCounters; findings: VerifyCounts; isClean: boolean }
  | { kind: 'credential'; sides: Side[]; text: FaultText }
  | { kind: 'throttled'; retryAfterMs: number; text: FaultText }
  | { kind: 'fatal'; side: Side; text: FaultText }
  | Hopeless
  /** The database was set back to when it had no slot. */
  | { kind: 'slotLost' }
  | { kind: 'continue' };

/** Opens the mailboxes and copies, again and again with growing waits, until the pass is done or somebody else must act. */
export async function copyMailbox(m: Migration): Promise<CopyEnd> {
  // A restored Temporal has forgotten the openings it numbered: above them in leaps.
  for (let leap = 1, openings = 0; ; openings += 1) {
    if (m.isFull) return { kind: 'continue' };
    if (openings > 0 && patched('slot-is-held') && !(await holdsSlot(m))) return { kind: 'slotLost' };
    const { passEnd, opened, progressed } = await oneOpening(m);
    if (passEnd !== undefined && passEnd.kind !== 'lost') return passEnd;
    const end = opened === undefined ? undefined : haltOf(m, opened);
    if (end !== undefined) return end;
    if (progressed || (opened?.kind === 'fault' && opened.progressed)) m.carry.reopenings = 0;
    const text = textOf(opened);
    if (text?.code === openingEnded) {
      m.carry.opening += leap;
      leap *= 2;
    }
    if (text !== undefined) m.row.showFault(text);
    const wait = growing(m.carry.reopenings, m.times.retryFirstMs, m.times.retryMostMs);
    m.carry.reopenings += 1;
    await m.wait(() => false, wait);
  }
}

/** Asks for a worker again, for the next opening. @returns false where the slots are gone */
async function holdsSlot({ mailUserId, carry: { ticket, opening } }: Migration): Promise<boolean> {
  return ticket !== undefined && (await short.takeSlot({ mailUserId, ticket, opening: opening + 1 }));
}

function haltOf(m: Migration, opened: ActivityEnd): CopyEnd | undefined {
  if (opened.kind === 'unexpected') return triedInVain(m, opened.text);
  if (opened.kind !== 'fault') return undefined;
  const { fault, text } = opened;
  // Who is away may come back.
  if (text.code !== openingEnded) delete m.carry.place.vainSince;
  switch (fault.kind) {
    case 'credential':
      return { kind: 'credential', sides: fault.both ? ['source', 'target'] : [fault.side], text };
    case 'fatal':
      return { kind: 'fatal', side: fault.side, text };
    case 'throttled':
      return { kind: 'throttled', retryAfterMs: fault.retryAfterMs, text };
    case 'retryable':
    case 'folder':
      return undefined;
  }
}

/** The fault of an opening that a later one has replaced, or whose worker ended. */
const openingEnded = 'OpeningEnded';

interface OpeningEnd {
  /** How the pass in this opening ended; absent where it never began, or was cut off. */
  passEnd?: PassEnd;
  /** How `openMailbox` ended by itself; absent where it was closed from here. */
  opened?: ActivityEnd;
  /** Whether any folder got on. */
  progressed: boolean;
}

/**
 * One life of `openMailbox`, with the pass that runs in it. At any end of either, the other one is cancelled and awaited: nothing of an
 * opening is left behind.
 */
async function oneOpening(m: Migration): Promise<OpeningEnd> {
  const { carry, mailUserId, times } = m;
  const opening = (carry.opening += 1);
  const progress = { progressed: false, fenced: 0 };
  const end: OpeningEnd = { progressed: false };
  delete m.opened;
  let isClosedFromHere = false;
  const mailbox = new CancellationScope();
  const pass = new CancellationScope();
  const held = mailbox
    .run(() => openMailbox(m, opening))
    .then((ended) => {
      if (!isClosedFromHere) end.opened = ended;
    });
  let passed: Promise<void> = Promise.resolve();
  try {
    await condition(() => m.opened !== undefined || end.opened !== undefined);
    const opened = openedNow(m);
    if (opened !== undefined && end.opened === undefined) {
      begin(m);
      const open = { key: { mailUserId, epoch: carry.epoch, opening }, queue: opened.queue, progress };
      passed = pass.run(() => m.background(async () => void (end.passEnd = await runPass(m, open))));
      await condition(() => end.opened !== undefined || end.passEnd !== undefined || m.crash !== undefined);
      // The fault that closed the mailbox under its folders is told by `openMailbox` alone.
      if (end.passEnd?.kind === 'lost') await condition(() => end.opened !== undefined, times.heartbeatMs);
    }
  } finally {
    isClosedFromHere = true;
    await CancellationScope.nonCancellable(async () => {
      if (end.passEnd?.kind === 'done') await closeSoon(m, opening);
      const closed = isInterrupted(end) ? closeSoon(m, opening) : undefined;
      pass.cancel();
      await passed;
      mailbox.cancel();
      await Promise.all([held, closed]);
    });
  }
  if (m.crash !== undefined) throw m.crash.error;
  return { ...end, progressed: progress.progressed };
}

/** Whether folders may be at work in a mailbox that is open. Before, they learned of their end from their heartbeats alone. */
function isInterrupted({ passEnd, opened }: OpeningEnd): boolean {
  return passEnd?.kind !== 'done' && opened === undefined && patched('close-at-once');
}

/**
 * Has the worker close the mailbox now: a running request is torn down at once, and not at the next heartbeat that is answered. A worker
 * that does not answer learns of it by the cancellation.
 */
async function closeSoon(m: Migration, opening: number): Promise<void> {
  if (m.opened === undefined) return;
  const key = { mailUserId: m.mailUserId, epoch: m.carry.epoch, opening };
  const quick = { scheduleToCloseTimeout: '5 seconds' } as const;
  const { closeMailbox } = folderActivities(m.opened.queue, m.times);
  await closeMailbox.executeWithOptions(quick, [key]).catch(() => undefined);
}

function openedNow({ opened }: Migration): MailboxOpenedSignal | undefined {
  return opened;
}

function begin(m: Migration): void {
  delete m.view.fault;
  beginPass(m);
  m.row.setState('working');
}

/** Resolves with how it ended; never rejects. */
async function openMailbox(m: Migration, opening: number): Promise<ActivityEnd> {
  const { mailUserId, times, carry } = m;
  const { source, target } = carry.credentials;
  if (source === undefined || target === undefined)
    return noCredential(source === undefined ? 'source' : 'target');
  const input = { mailUserId, epoch: carry.epoch, opening, credentials: { source, target } };
  const { sourceAddress, targetAddress } = carry.facts;
  const summary = `opening ${opening}: ${sourceAddress} → ${targetAddress}`.slice(0, 200);
  try {
    return await mailboxActivities(times).openMailbox.executeWithOptions({ summary }, [input]);
  } catch (error) {
    try {
      return endOf(error);
    } catch {
      // Cancelled before any worker had taken it.
      return { kind: 'lost' };
    }
  }
}

function noCredential(side: Side): ActivityEnd {
  const text: FaultText = { code: credentialGone, remedy: 'signInAgain', message: 'No password is kept.' };
  return { kind: 'fault', fault: { kind: 'credential', side }, text, progressed: false };
}
