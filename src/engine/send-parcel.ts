import type { PutItem, PutOutcome, Stamp, TargetRef, UpdateOutcome } from '../connectors/connector';
import { Fault, type ItemReason } from '../domain/faults';
import { fateOf } from '../domain/item-counts';
import { GaveWay } from './back-off';
import { noteTaken, refusedForNow } from './busy-items';
import { record, type FolderCopy } from './folder-copy';
import type { Step } from './folder-counters';
import type { EntryOutcome, PendingEntry, PendingParcel } from './ledger';
import type { LoadedParcel, Sending } from './load-parcel';
import { requestOf } from './parcels';
import { refusalOf, type Refusal } from './turns';
import type { Work } from './works';

/** What became of a parcel, as far as the ledger does not say it. */
export interface Sent {
  /** Tried, and surely not in the target: to be sent again. */
  left: Work[];
  /** Not tried, because something else went wrong first. */
  waiting: Work[];
  /** Not overwritten, because the target item is not as we last wrote it. */
  changed: Work[];
  /** May be in the target: to be settled. */
  doubtful: Work[];
  /** Target items that were replaced and are to be removed. */
  replaced: TargetRef[];
  /** Why something is left or doubtful. */
  fault?: Fault;
  /** Set where reading broke off: the source may be away. */
  brokenOff?: boolean;
  /** Set where something that was read had to wait and was let go for others: it is read again once nothing has to wait. */
  gaveWay?: boolean;
  /** The wait that closes the mailbox, longer than may be waited in place. */
  tooLong?: Fault;
}

export function nothingSent(): Sent {
  return { left: [], waiting: [], changed: [], doubtful: [], replaced: [] };
}

export function add(sum: Sent, more: Sent): void {
  sum.left.push(...more.left);
  sum.waiting.push(...more.waiting);
  sum.changed.push(...more.changed);
  sum.doubtful.push(...more.doubtful);
  sum.replaced.push(...more.replaced);
  sum.fault ??= more.fault;
  sum.brokenOff ||= more.brokenOff;
  sum.gaveWay ||= more.gaveWay;
  sum.tooLong ??= more.tooLong;
}

/**
 * Sends what was read in one request, as one parcel: pending before, in the ledger after. A request that surely did nothing is
 * repeated, or cut in two where it was too large; one whose answer is lost stays pending.
 *
 * @param again whether the content can be sent a second time
 * @throws Fault of the mailbox with nothing in doubt; `FencedOut`; the signal's reason
 */
export async function sendParcel(copy: FolderCopy, loaded: LoadedParcel, again: boolean): Promise<Sent> {
  const { session } = copy;
  const { left, waiting } = loaded;
  const sent: Sent = { ...nothingSent(), left, waiting, ...(loaded.fault && { fault: loaded.fault }) };
  const unread = [...loaded.failed.map(failedToRead), ...loaded.gone.flatMap(goneMeanwhile)];
  const notes = unread.length > 0 ? session.begin(unread.map(({ after }) => after)) : undefined;
  const parcel = loaded.sendings.length > 0 ? session.begin(loaded.sendings.map(entryOf)) : undefined;
  await session.saveChanges();
  if (notes) await record(copy, notes, unread);
  if (parcel) add(sent, await transmit(copy, parcel, loaded.sendings, again));
  return sent;
}

async function transmit(
  copy: FolderCopy,
  parcel: PendingParcel,
  sendings: readonly Sending[],
  again: boolean,
): Promise<Sent> {
  const { pair, session, signal } = copy;
  const isWanted = () => pair.budget.isWanted;
  for (let tries = 1; ; tries += 1) {
    let isSent = false;
    const send = () => {
      isSent = true;
      return measured(copy, parcel, sendings);
    };
    try {
      const outcomes = await pair.targetTurns.run(signal, send, refusalIn, isWanted);
      return await recordOutcomes(copy, parcel, sendings, outcomes);
    } catch (fault) {
      if (session.failure) throw session.failure as Error;
      signal.throwIfAborted();
      if (fault instanceof GaveWay) return giveWay(copy, parcel, sendings);
      if (!(fault instanceof Fault)) throw fault;
      const works = refusedAll(copy, sendings, fault, isSent);
      if (!fault.notDone) return { ...nothingSent(), doubtful: works, fault };
      if (isTooLarge(fault)) return halve(copy, parcel, sendings, fault, again);
      if (!again || tries > 1 || works.some(({ blamed }) => blamed)) {
        session.finish(parcel.parcelId, []);
        return { ...nothingSent(), left: works, fault };
      }
      try {
        await pair.targetBackOff.pardon(fault, tries, signal, isWanted);
      } catch (refused) {
        if (refused instanceof GaveWay) return giveWay(copy, parcel, sendings);
        session.finish(parcel.parcelId, []);
        throw refused;
      }
    }
  }
}

/** What was read is let go, and will be read again. */
function giveWay({ session }: FolderCopy, { parcelId }: PendingParcel, sendings: readonly Sending[]): Sent {
  session.finish(parcelId, []);
  return { ...nothingSent(), waiting: sendings.map(({ work }) => work), gaveWay: true };
}

function refusalIn(outcomes: readonly (PutOutcome | UpdateOutcome)[]): Refusal | undefined {
  return refusalOf(outcomes.map((outcome) => (outcome.kind === 'again' ? outcome.fault : undefined)));
}

/** What a request leaves to be sent again that was refused as a whole. */
function refusedAll(copy: FolderCopy, sendings: readonly Sending[], fault: Fault, isSent: boolean): Work[] {
  const works = sendings.map(({ work }) => work);
  if (fault.kind !== 'throttled' && !isOwnStore(fault)) return works;
  if (fault.kind !== 'throttled' || !isSent) return works.map((work) => ({ ...work, excused: true }));
  const answered = works.map((work) => ({ work, fault }));
  return refusedForNow(copy, answered, copy.pair.targetBackOff);
}

/** Whether our own database was too slow for it, which is neither the server's fault nor an item's. */
export function isOwnStore({ details }: Fault): boolean {
  return details.kind === 'retryable' && details.ownStore === true;
}

function isTooLarge({ details }: Fault): boolean {
  return details.kind === 'retryable' && details.tooLarge === true;
}

/** The server takes no request of this size: two smaller ones, or an item that is named in the report. */
async function halve(
  copy: FolderCopy,
  parcel: PendingParcel,
  sendings: readonly Sending[],
  fault: Fault,
  again: boolean,
): Promise<Sent> {
  const { session } = copy;
  const [first] = sendings;
  if (first && sendings.length === 1) {
    await record(copy, parcel, [failedStep(first, tooLarge(fault.text.code))]);
    return nothingSent();
  }
  const half = Math.ceil(sendings.length / 2);
  const parts = [sendings.slice(0, half), sendings.slice(half)];
  const parcels = parts.map((part) => session.begin(part.map(entryOf)));
  session.finish(parcel.parcelId, []);
  await session.save();
  const sent = nothingSent();
  for (const [at, part] of parts.entries()) {
    const own = parcels[at] as PendingParcel;
    if (sent.doubtful.length > 0) {
      // After a lost answer nothing more is sent before it is settled.
      session.finish(own.parcelId, []);
      sent.waiting.push(...part.map(({ work }) => work));
    } else add(sent, await transmit(copy, own, part, again));
  }
  return sent;
}

export function tooLarge(code: string): ItemReason {
  return { code, remedy: 'raiseRequestLimit', message: 'The item is larger than the server takes.' };
}

/** The one request of a parcel; how long it takes adapts the size of those that follow. */
async function measured(
  copy: FolderCopy,
  parcel: PendingParcel,
  sendings: readonly Sending[],
): Promise<(PutOutcome | UpdateOutcome)[]> {
  const { clock, parcelSize } = copy.pair;
  const beganMs = clock.monotonic();
  try {
    const outcomes = await request(copy, parcel, sendings);
    // An item that travels alone takes as long as it takes.
    if (sendings.length > 1) parcelSize.answered(beganMs, clock.monotonic());
    return outcomes;
  } catch (fault) {
    const isTooMuch = fault instanceof Fault && fault.kind === 'retryable' && !isOwnStore(fault);
    if (isTooMuch && sendings.length > 1) parcelSize.refused(beganMs, clock.monotonic());
    throw fault;
  }
}

/** The one request of a parcel. */
function request(
  copy: FolderCopy,
  parcel: PendingParcel,
  sendings: readonly Sending[],
): Promise<(PutOutcome | UpdateOutcome)[]> {
  const { pair, session, target, format, signal } = copy;
  const { window } = session;
  const items = sendings.map((sending) => putItem(copy, parcel, sending));
  const first = sendings[0]?.work;
  if (first && requestOf(first) === 'flags') {
    const pairs = sendings.flatMap(({ work: { action } }, at) =>
      action.kind === 'flags'
        ? { target: action.target, flags: action.flags, stamp: (items[at] as PutItem).stamp }
        : [],
    );
    return pair.target.setFlags(pairs, window, signal);
  }
  if (first && requestOf(first) === 'update' && pair.target.updateItems) {
    const pairs = sendings.flatMap(({ work: { action } }, at) =>
      action.kind === 'update' ? { target: action.target, item: items[at] as PutItem } : [],
    );
    return pair.target.updateItems(pairs, format, window, signal);
  }
  return pair.target.putItems(target, items, format, window, signal);
}

function putItem(
  { session }: FolderCopy,
  { parcelId }: PendingParcel,
  { work, changeKey, sizeBytes, open }: Sending,
): PutItem {
  const { pairId, folderKey } = session.document;
  const { sourceKey, moveKey, itemClass } = work.entry;
  const replaces = work.action.kind === 'replace' ? work.action.target : undefined;
  const stamp: Stamp = {
    ...{ pairId, folderKey, sourceKey, changeKey, parcelId, unfinished: false },
    ...(moveKey !== undefined && { moveKey }),
    ...(replaces && { replaces }),
  };
  return { stamp, itemClass, sizeBytes, open };
}

async function recordOutcomes(
  copy: FolderCopy,
  parcel: PendingParcel,
  sendings: readonly Sending[],
  outcomes: readonly (PutOutcome | UpdateOutcome)[],
): Promise<Sent> {
  if (outcomes.length !== sendings.length) throw wrongCount(outcomes.length, sendings.length);
  const sent = nothingSent();
  const longestWait = refusalIn(outcomes)?.fault;
  if (longestWait) sent.fault = longestWait;
  const steps: Step[] = [];
  for (const [at, sending] of sendings.entries()) {
    const { work } = sending;
    const outcome = outcomes[at] as PutOutcome | UpdateOutcome;
    if (outcome.kind === 'again') {
      if (outcome.fault.kind !== 'throttled') sent.left.push(work);
      sent.fault ??= outcome.fault;
    } else if (outcome.kind === 'changedByOther') {
      sent.changed.push({ ...work, entry: entryOf(sending) });
    } else {
      const after = { ...entryOf(sending), outcome: entryOutcome(outcome, work) };
      steps.push({ before: work.before, after });
      if (after.outcome.kind === 'copied' && work.action.kind === 'replace')
        sent.replaced.push(work.action.target);
    }
  }
  await record(copy, parcel, steps);
  sent.left.push(...refusedParts(copy, sendings, outcomes));
  noteSuccesses(copy, outcomes.length - sent.left.length);
  return sent;
}

/** What an answer refuses as busy: neither our own doing nor, before long, the item's. */
function refusedParts(
  copy: FolderCopy,
  sendings: readonly Sending[],
  outcomes: readonly (PutOutcome | UpdateOutcome)[],
): Work[] {
  const answered = sendings.flatMap(({ work }, at) => {
    const outcome = outcomes[at] as PutOutcome | UpdateOutcome;
    if (outcome.kind !== 'again') return [{ work }];
    return outcome.fault.kind === 'throttled' ? [{ work, fault: outcome.fault }] : [];
  });
  return refusedForNow(copy, answered, copy.pair.targetBackOff);
}

function noteSuccesses(copy: FolderCopy, items: number): void {
  if (items === 0) return;
  copy.pair.successes += items;
  copy.pair.unproven = 0;
  noteTaken(copy);
}

type Final = Exclude<PutOutcome | UpdateOutcome, { kind: 'again' | 'changedByOther' }>;

function entryOutcome(outcome: Final, work: Work): EntryOutcome {
  const { action, before } = work;
  const older = action.kind === 'put' ? undefined : action.target;
  switch (outcome.kind) {
    case 'copied':
    case 'updated':
      return {
        kind: 'copied',
        targetId: outcome.targetId,
        targetChangeKey: outcome.targetChangeKey,
        // To set its flags is not to put it.
        ...(action.kind === 'flags' && wasAlreadyThere(before) && { alreadyThere: true }),
      };
    case 'gone':
      return { kind: 'skipped', reason: changedByUser, ...(older && { keptTargetId: older.targetId }) };
    case 'skipped':
    case 'failed':
      return older ? failure(work, outcome.reason) : outcome;
  }
}

function wasAlreadyThere(before: Work['before']): boolean {
  return before !== undefined && fateOf(before.outcome) === 'alreadyThere';
}

/** Said in the report: what a user did to his new mailbox is left. */
export const changedByUser: ItemReason = {
  code: 'ChangedInTarget',
  remedy: 'none',
  message: 'The item was changed or removed in the target by its user, and is left so.',
};

function entryOf({ work, changeKey }: Sending): PendingEntry {
  return { ...work.entry, changeKey };
}

function failedStep({ work, changeKey }: Sending, reason: ItemReason): Step {
  return { before: work.before, after: { ...work.entry, changeKey, outcome: failure(work, reason) } };
}

function failedToRead({ work, reason }: { work: Work; reason: ItemReason }): Step {
  return { before: work.before, after: { ...work.entry, outcome: failure(work, reason) } };
}

/** What could not be replaced is still there in its version before. */
export function failure({ action }: Work, reason: ItemReason): EntryOutcome {
  return {
    ...{ kind: 'failed', reason },
    ...(action.kind !== 'put' && { older: action.target }),
    ...(action.kind === 'flags' && { flags: action.flags }),
  };
}

/** What failed before and is gone now has nothing left to be copied; what was never in the ledger needs no entry. */
function goneMeanwhile(work: Work): Step[] {
  if (work.before?.outcome.kind !== 'failed' || work.before.outcome.older) return [];
  return [{ before: work.before, after: { ...work.entry, outcome: { kind: 'removed' } } }];
}

function wrongCount(got: number, asked: number): Fault {
  const message = `${got} answers for ${asked} items`;
  return new Fault({ kind: 'retryable' }, { code: 'WrongCount', remedy: 'askSupport', message });
}
