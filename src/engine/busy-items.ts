import type { Fault, FaultText } from '../domain/faults';
import type { BackOff } from './back-off';
import type { FolderCopy } from './folder-copy';
import type { BusyItem } from './ledger';
import type { Work } from './works';

const hourMs = 3_600_000;
/** An item that was refused as busy so often by itself, and after waits of so long together, is named in the report. */
const leastTries = 6;
const patienceMs = { proven: 2 * hourMs, unproven: 24 * hourMs };
/** A server that is busy for more items than these of one folder is busy. */
const mostNoted = 20;
/** What was refused first is asked for first the next time. */
const mostKept = 200;

/** What is known of an item that is refused as busy for long. */
export interface Blame {
  text: FaultText;
  /** Whether others went through meanwhile: it is the item, and not the server. */
  isProven: boolean;
}

/**
 * Takes note of the items that an answer refuses as busy, as far as it may be them: where it took no fewer others, and where it was
 * asked for one alone. What is known is kept with the folder, for the next attempt. A server that is busy refuses whatever comes, so
 * that only a long time tells an item from it: the wait for it is over when an item is refused again.
 *
 * @param answered in the order of the answer, each with the fault that refuses it, if one does
 * @param backOff has taken note of the waits
 * @returns the works that were refused for now, excused, each `blamed` where it was refused for long
 */
export function refusedForNow(
  copy: FolderCopy,
  answered: readonly { work: Work; fault?: Fault }[],
  backOff: BackOff,
): Work[] {
  const { pair, session } = copy;
  const refused = answered.filter(({ fault }) => fault !== undefined);
  const isWhole =
    refused.length === answered.length && refused.every(({ fault }) => fault && isOfItem(fault));
  const lastTaken = answered.findLastIndex(({ fault }) => fault === undefined);
  const isSuspicious = answered.length === 1 || 2 * refused.length <= answered.length;
  const { copied, alreadyThere } = pair.board.sum();
  const inTarget = copied + alreadyThere;
  const left = answered.flatMap(({ work, fault }, at) => {
    if (fault === undefined) return [];
    if (!isSuspicious || !isOfItem(fault)) return [{ ...work, excused: true }];
    const { sourceKey } = work.entry;
    const fresh = { sourceKey, tries: 0, waitedMs: 0, taken: 0, isProven: false };
    const known = session.document.busy?.find((item) => item.sourceKey === sourceKey) ?? fresh;
    const isProven = known.isProven || at < lastTaken || (known.tries > 0 && inTarget > known.taken);
    const tries = known.tries + (answered.length === 1 ? 1 : 0);
    const taken = known.tries === 0 ? inTarget : known.taken;
    const waitedMs = tries === 0 ? 0 : known.waitedMs + backOff.leftMs;
    noteBusy(session, { sourceKey, tries, waitedMs, taken, isProven });
    const isLong = tries >= leastTries && known.waitedMs >= patienceMs[isProven ? 'proven' : 'unproven'];
    return [{ ...work, excused: true, ...(isLong && { blamed: { text: fault.text, isProven } }) }];
  });
  if (isWhole) noteTogether(copy, refused);
  return left;
}

/** Who asks everybody for a pause has not looked at the item. */
function isOfItem({ details }: Fault): boolean {
  return details.kind === 'throttled' && details.scope === 'mailbox';
}

function noteBusy(session: FolderCopy['session'], noted: BusyItem): void {
  const { busy = [] } = session.document;
  const others = busy.filter(({ sourceKey }) => sourceKey !== noted.sourceKey);
  if (others.length < mostNoted) session.set({ busy: [...others, noted] });
}

/** What was refused together is told apart by fewer at once. It is kept, as the wait may close the mailbox each time. */
function noteTogether({ session, noted }: FolderCopy, refused: readonly { work: Work }[]): void {
  const { busy = [], refusedTogether, refusedKeys = [], busyTurns = 0 } = session.document;
  const [first, ...others] = refused;
  if (first === undefined) return;
  if (others.length > 0) {
    session.set({ refusedTogether: fewest(refused.length, refusedTogether) });
    const keys = refused.map(({ work }) => work.entry.sourceKey);
    noted.refusedKeys = [...new Set([...(noted.refusedKeys ?? []), ...keys])].slice(0, mostKept);
    if (keys.some((key) => refusedKeys.includes(key)))
      noted.refusedTogether = fewest(refused.length, noted.refusedTogether);
    return;
  }
  const isNoted = busy.some(({ sourceKey }) => sourceKey === first.work.entry.sourceKey);
  if (isNoted !== isOdd(busyTurns)) return;
  noted.busyTurns = busyTurns + 1;
  session.set({ busyTurns: noted.busyTurns });
}

/** Of what was refused together once more. 0 stands for nothing. */
function fewest(refused: number, before: number | undefined): number {
  return Math.min(refused, before || Infinity);
}

/**
 * A round was ended by a wait that closes the mailbox. Where mail keeps coming something is taken in each, in other requests, which says
 * nothing against what is refused together again. What was not refused the last time is more likely not to blame.
 */
export function keepNoted({ session, noted }: FolderCopy): void {
  const { refusedTogether, busyTurns } = session.document;
  if (noted.refusedKeys) session.set({ refusedKeys: noted.refusedKeys });
  if (noted.refusedTogether) session.set({ refusedTogether: fewest(noted.refusedTogether, refusedTogether) });
  if (noted.busyTurns && !busyTurns) session.set({ busyTurns: noted.busyTurns });
}

/** An item was taken: what was refused before says nothing of those that come. */
export function noteTaken({ session }: FolderCopy): void {
  const { refusedTogether, busyTurns } = session.document;
  if (refusedTogether || busyTurns) session.set({ refusedTogether: 0, busyTurns: 0 });
}

/** How many of `items` may be asked for at once. */
export function atOnce({ session }: FolderCopy, items: number): number {
  const { refusedTogether } = session.document;
  return refusedTogether ? Math.min(items, Math.ceil(refusedTogether / 2)) : items;
}

/**
 * Those of `works` that are asked for after the others: what asks for a wait each time. Where that is more than there is room for they
 * take turns, so that all come to their end.
 */
export function heldBack({ session }: FolderCopy, works: readonly Work[]): Work[] {
  const isTurnOfNoted = isOdd(session.document.busyTurns ?? 0);
  const held = works.filter(({ apart = false }) => apart !== isTurnOfNoted);
  return held.length < works.length ? held : [];
}

function isOdd(count: number): boolean {
  return count % 2 === 1;
}

/**
 * Those that were refused as busy before travel by themselves, so that it is seen whether it is them. Only some have their turn before a
 * wait closes the mailbox: those that were tried least come first, and where there is no room to note more, another of the rest each time.
 */
export function setApart({ session }: FolderCopy, works: readonly Work[]): Work[] {
  const { busy, busyTurns = 0 } = session.document;
  const tries = new Map(busy?.map((item) => [item.sourceKey, item.tries]));
  const triesOf = ({ entry }: Work) => tries.get(entry.sourceKey) ?? 0;
  const others = works.filter(({ entry }) => !tries.has(entry.sourceKey));
  const first = others.length > 0 ? Math.floor(busyTurns / 2) % others.length : 0;
  const noted = works
    .filter(({ entry }) => tries.has(entry.sourceKey))
    .map((work) => ({ ...work, apart: true }))
    .sort((one, other) => triesOf(one) - triesOf(other));
  return [...others.slice(first), ...others.slice(0, first), ...noted];
}

/** The folder has come to its end: what left the source meanwhile is forgotten, too. */
export function forgetAllBusy(copy: FolderCopy): void {
  const { session } = copy;
  noteTaken(copy);
  if (session.document.busy?.length) session.set({ busy: [] });
  if (session.document.refusedKeys?.length) session.set({ refusedKeys: [] });
}

/** Those of `works` that are not `left` are done: in the target, or named in the report. */
export function forgetBusy({ session }: FolderCopy, works: readonly Work[], left: readonly Work[]): void {
  const { busy = [] } = session.document;
  if (busy.length === 0) return;
  const done = new Set(works.map(({ entry }) => entry.sourceKey));
  for (const { entry } of left) done.delete(entry.sourceKey);
  const others = busy.filter(({ sourceKey }) => !done.has(sourceKey));
  if (others.length < busy.length) session.set({ busy: others });
}
