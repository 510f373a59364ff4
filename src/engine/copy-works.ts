import { Fault, type FaultText } from '../domain/faults';
import { atOnce, forgetBusy, heldBack, keepNoted, setApart } from './busy-items';
import { record, type FolderCopy } from './folder-copy';
import type { Step } from './folder-counters';
import type { PendingEntry } from './ledger';
import { runLanes } from './lanes';
import type { MailboxPair } from './mailbox-pair';
import { cutParcels, parcelLimits } from './parcels';
import { removeTargets } from './remove-targets';
import { changedByUser, failure, tooLarge, type Sent } from './send-parcel';
import { settle } from './settle';
import type { Work } from './works';

/** An item that failed so often by itself, while others went through, is named in the report. */
const mostTries = 6;
/** As often once the folder was tried in vain for long: twice in company and once alone. */
const lastTries = 3;
/** Of more items than these that are given up on in a row it is no longer believed that it is them. */
const mostUnproven = 20;
/** So many rounds in which nothing went through end the folder, unless it is known which items are to blame. */
const vainRounds = 3;

/** No item gets through, whichever it is. Nothing is in doubt, and nothing was entered of those that were tried last. */
export class NothingGetsThrough extends Error {
  override readonly name = 'NothingGetsThrough';

  constructor(readonly text: FaultText) {
    super(text.message);
  }
}

/**
 * Does everything that is asked for, however many rounds it takes: what is left of one is tried in the next, what is in doubt is
 * settled first. Afterwards each work is in the ledger, or its item is gone at the source.
 *
 * @throws Fault of the mailbox, with everything known so far in the ledger; `NothingGetsThrough` where it was told to give up;
 *   `FencedOut`; the signal's reason
 */
export async function copyWorks(copy: FolderCopy, works: readonly Work[]): Promise<void> {
  const { pair, signal } = copy;
  let left = setApart(copy, await noteTooGreat(copy, works));
  for (let stuck = 0; left.length > 0;) {
    const held = stuck === 0 ? heldBack(copy, left) : [];
    const now = left.filter((work) => !held.includes(work));
    const limits = parcelLimits(pair, now.length, pair.sourceTurns.part + pair.targetTurns.part);
    copy.noted = {};
    const sent = await runLanes(copy, cutParcels(now, { ...limits, items: atOnce(copy, limits.items) }));
    if (sent.tooLong) {
      keepNoted(copy);
      // The next opening of the mailbox would come no further than to where these are refused again.
      const { doubtful, waiting, changed } = sent;
      const again = doubtful.length === 0 ? await giveUpOn(copy, sent.left, sent.fault) : sent.left;
      forgetBusy(copy, works, [...held, ...doubtful, ...waiting, ...changed, ...again]);
      throw sent.tooLong;
    }
    const tried = [...sent.left, ...(await settleDoubtful(copy, sent))];
    await removeTargets(copy, sent.replaced);
    await judgeChanged(copy, sent.changed);
    if (sent.gaveWay) await allReady(copy);
    else stuck = tried.length + sent.waiting.length < now.length ? 0 : stuck + 1;
    const again = setApart(copy, [...held, ...sent.waiting, ...(await giveUpOn(copy, tried, sent.fault))]);
    forgetBusy(copy, works, again);
    const suspects = again.filter((work) => isSuspect(copy, work));
    const others = again.filter((work) => !isSuspect(copy, work));
    // Where nothing goes through it is soon known whether the suspects are to blame.
    left = stuck > 0 ? [...suspects, ...others] : [...others, ...suspects];
    const vain = suspects.length > 0 ? Math.min(stuck, vainRounds) : stuck;
    if (left.length > 0 && sent.fault) await pair.targetBackOff.pardon(sent.fault, Math.max(1, vain), signal);
    else if (left.length > 0 && vain > vainRounds) throw noAnswer(left.length);
  }
}

/** What was let go once is read again when it can be sent. */
async function allReady({ pair, signal }: FolderCopy): Promise<void> {
  await pair.sourceBackOff.ready(signal);
  await pair.targetBackOff.ready(signal);
}

/** Whether others went through since it was first tried in vain. */
function isSuspect({ pair, giveUp }: FolderCopy, { triedAt }: Work): boolean {
  return triedAt !== undefined && (giveUp || pair.successes > triedAt);
}

/** Lost answers: what may have been put is looked for. @returns what was not */
async function settleDoubtful(copy: FolderCopy, { doubtful, fault, replaced }: Sent): Promise<Work[]> {
  if (doubtful.length === 0) return [];
  if (fault && fault.kind !== 'retryable' && fault.kind !== 'throttled') throw fault;
  const notPut = new Map(
    (await settle(copy)).map((entry): [string, PendingEntry] => [entry.sourceKey, entry]),
  );
  for (const { entry, action } of doubtful) {
    if (action.kind === 'replace' && !notPut.has(entry.sourceKey)) replaced.push(action.target);
  }
  return doubtful.filter(({ entry }) => notPut.has(entry.sourceKey));
}

/**
 * An overwriting whose condition failed: our own answer that was lost, which the target's stamps tell, or a change by the user, which
 * is left and said.
 */
async function judgeChanged(copy: FolderCopy, works: readonly Work[]): Promise<void> {
  if (works.length === 0) return;
  await settle(copy);
  const known = await copy.keys.lookUp(works.map(({ entry }) => entry.sourceKey));
  const steps = works.flatMap(({ entry, action }): Step[] => {
    const before = known.get(entry.sourceKey)?.at(-1);
    if (before?.changeKey === entry.changeKey && before.outcome.kind === 'copied') return [];
    const keptTargetId = action.kind === 'put' ? undefined : action.target.targetId;
    return [
      { before, after: { ...entry, outcome: { kind: 'skipped', reason: changedByUser, keptTargetId } } },
    ];
  });
  await note(copy, steps);
}

/** Items greater than the target is known to take are not even read. */
async function noteTooGreat(copy: FolderCopy, works: readonly Work[]): Promise<Work[]> {
  const most = copy.pair.target.capabilities.greatestItemBytes ?? Infinity;
  const tooGreat = works.filter(({ entry, action }) => action.kind !== 'flags' && entry.sizeBytes > most);
  const steps = tooGreat.map((work) => {
    const reason = tooLarge('ItemTooLarge');
    return { before: work.before, after: { ...work.entry, outcome: failure(work, reason) } };
  });
  await note(copy, steps);
  return works.filter((work) => !tooGreat.includes(work));
}

/**
 * One item that the target never answers for must not hold up all others for ever. That it is the item and not the server is known
 * by other items that went through since it was first tried alone.
 */
async function giveUpOn(copy: FolderCopy, works: readonly Work[], fault: Fault | undefined): Promise<Work[]> {
  const { successes } = copy.pair;
  const enough = copy.giveUp ? lastTries : mostTries;
  const tried = works.map(({ excused, ...work }) =>
    excused ? work : { ...work, tries: work.tries + 1, triedAt: work.triedAt ?? successes },
  );
  const hopeless = tried.filter((work) => work.blamed ?? (work.tries >= enough && isSuspect(copy, work)));
  const text = fault?.text ?? noAnswer(hopeless.length).text;
  const isProven = ({ blamed, triedAt }: Work) => (blamed ? blamed.isProven : triedAt !== successes);
  copy.pair.unproven += hopeless.filter((work) => !isProven(work)).length;
  if (isNoneTaken(copy.pair)) throw new NothingGetsThrough(text);
  const steps = hopeless.map((work) => {
    const { code, message } = work.blamed?.text ?? text;
    const reason = { code, remedy: 'checkItem' as const, message };
    return { before: work.before, after: { ...work.entry, outcome: failure(work, reason) } };
  });
  await note(copy, steps);
  return tried.filter((work) => !hopeless.includes(work));
}

/** Whether what was given up on says more of the servers than of the items. */
function isNoneTaken({ unproven, board }: MailboxPair): boolean {
  if (unproven > mostUnproven) return true;
  const { copied, alreadyThere } = board.sum();
  return unproven > 0 && copied + alreadyThere === 0;
}

/** Enters what needs no request. */
export async function note(
  copy: Pick<FolderCopy, 'pair' | 'session' | 'keys' | 'onProgress'>,
  steps: readonly Step[],
): Promise<void> {
  if (steps.length === 0) return;
  const parcel = copy.session.begin(steps.map(({ after }) => after));
  if (steps.some(({ after: { outcome } }) => outcome.kind === 'copied' && outcome.sourceGone))
    copy.session.set({ goneSeq: parcel.seq });
  await copy.session.save();
  await record(copy, parcel, steps);
}

function noAnswer(items: number): Fault {
  const message = `The server gives no answer for ${items} items.`;
  return new Fault({ kind: 'retryable' }, { code: 'NoAnswer', remedy: 'checkItem', message });
}
