import type { ChangePage, ItemFormat } from '../connectors/connector';
import { Fault, type FaultText } from '../domain/faults';
import type { FolderCounters } from '../domain/item-counts';
import type { ItemFilter } from '../domain/item-filter';
import { adopt } from './adopt';
import { forgetAllBusy } from './busy-items';
import { copyWorks, NothingGetsThrough, note } from './copy-works';
import type { FolderCopy } from './folder-copy';
import { FencedOut, FolderSession } from './folder-session';
import { KnownKeys } from './known-keys';
import type { FolderDocument } from './ledger';
import { sourceFolders } from './list-source';
import type { MailboxPair } from './mailbox-pair';
import { isOnlyMended, removeDoubles } from './mend';
import { failedEntries } from './failed-entries';
import { removeTargets } from './remove-targets';
import { isOwnStore } from './send-parcel';
import { distrustIfSetBack, distrustLedger, highestDrawn } from './set-back';
import { settle } from './settle';
import { remakeTargetFolder } from './target-folder';
import { workAgain, worksOf } from './works';

export interface CopyFolderOrder {
  /** From `planFolders`. */
  position: number;
  /** Higher than any given to this pair before. */
  fence: number;
  filter: ItemFilter;
  /** Puts what failed before again, once for each retry: any name that tells it from others. */
  retry?: string;
  /**
   * The folder was tried in vain for long while its servers answered: items that still give no answer are named in the report, and
   * where that does not help the folder is.
   */
  giveUp: boolean;
}

export type CopyFolderResult =
  | {
      kind: 'done';
      counters: FolderCounters;
      /** Changes the source told in this call; 0 says that the folder is up to date. */
      changes: number;
    }
  /** Another attempt holds the folder under this higher (or the same) fence: go above it. */
  | { kind: 'fenced'; by: number }
  /** This folder alone cannot be copied; named in the report. */
  | { kind: 'refused'; text: FaultText }
  /** Told to give up, too many items in a row gave no answer while none got through: it is not the items. */
  | { kind: 'hopeless'; text: FaultText }
  /** The source no longer has the folder, and does not list it. */
  | { kind: 'gone' }
  /** The ledger was lost or set back: it does not know the position, or less than was done. Call `planFolders` again. */
  | { kind: 'unplanned' };

/** Of a folder whose target has gone and was made anew, or that its source lists while it says that it is not there. */
const mostRetries = 2;

/**
 * Brings everything that changed in a source folder since its watermark into its target folder, mends what `verifyPass` noted, and
 * moves the watermark. A folder that is gone at the source, or left out, is only mended. Resumable: an attempt that ended in any way is taken up by the next one under a higher fence.
 *
 * @param onProgress called with the folder's counters as they stood before, then whenever they change; those of the mailbox are `pair.counters()`
 * @throws Fault of the mailbox (`retryable`: schedule the folder again; other kinds close the mailbox); the signal's reason when
 *   aborted, after what was in flight has ended
 */
export async function copyFolder(
  pair: MailboxPair,
  order: CopyFolderOrder,
  signal: AbortSignal,
  onProgress: (counters: FolderCounters) => void = () => {},
): Promise<CopyFolderResult> {
  const id = await pair.folderAt(order.position);
  const taken = id && (await pair.ledger.takeFolder(id, order.fence));
  if (!taken) return { kind: 'unplanned' };
  if (taken.kind === 'refused') return { kind: 'fenced', by: taken.by };
  const { document } = taken;
  if ((await highestDrawn(pair, document)) > document.seq) {
    await distrustLedger(pair);
    return { kind: 'unplanned' };
  }
  onProgress(document.counters);
  const session = new FolderSession(pair, document);
  try {
    return await copyAndRemake(pair, session, order, signal, onProgress);
  } catch (fault) {
    const failure = session.failure ?? fault;
    if (failure instanceof FencedOut) {
      const isSetBack = await distrustIfSetBack(pair, order.fence, failure);
      return isSetBack ? { kind: 'unplanned' } : { kind: 'fenced', by: failure.by };
    }
    if (failure instanceof NothingGetsThrough) {
      await session.saveChanges();
      return { kind: 'hopeless', text: failure.text };
    }
    // What is known is kept, so that the next attempt need not find it out again.
    if (!session.failure) await session.saveChanges().catch(() => undefined);
    throw failure;
  }
}

/** The copy, begun again where the target folder has gone and was made anew, and where the source contradicts itself. */
async function copyAndRemake(
  pair: MailboxPair,
  session: FolderSession,
  order: CopyFolderOrder,
  signal: AbortSignal,
  onProgress: (counters: FolderCounters) => void,
): Promise<CopyFolderResult> {
  const { document } = session;
  if (isOnlyMended(document.plan) && !document.plan.targetId) return ended(document, 0);
  for (let retries = 0; ; retries += 1) {
    try {
      if (!document.plan.targetId) await remakeTargetFolder(pair, session, signal);
      const copy = startCopy(pair, session, order, signal, onProgress);
      const changes = await copyAll(copy, order.retry);
      if (changes === undefined) return { kind: 'unplanned' };
      pair.board.set(document, true);
      return ended(document, changes);
    } catch (fault) {
      if (session.failure || signal.aborted || fault instanceof NothingGetsThrough) throw fault;
      if (order.giveUp && isNoAnswer(fault)) return refuse(pair, session, textOf(fault));
      if (!(fault instanceof Fault) || fault.details.kind !== 'folder') throw fault;
      const { side, reason } = fault.details;
      const isGone = reason === 'gone';
      if (isGone && side === 'source' && !(await isListed(pair, document, signal)))
        return closeFolder(pair, session);
      if (!isGone || retries === mostRetries) return refuse(pair, session, fault.text);
      if (side === 'source') continue;
      session.setPlan({ targetId: undefined });
      session.setWatermark({ target: undefined });
    }
  }
}

function ended({ plan, counters }: FolderDocument, changes: number): CopyFolderResult {
  return plan.gone ? { kind: 'gone' } : { kind: 'done', counters, changes };
}

/** What time did not mend, and our own database is not to blame for. */
function isNoAnswer(fault: unknown): boolean {
  return !(fault instanceof Fault) || (fault.kind === 'retryable' && !isOwnStore(fault));
}

/** Of what is unknown only its name: its message may quote what was copied. */
function textOf(fault: unknown): FaultText {
  if (fault instanceof Fault) return fault.text;
  const code = fault instanceof Error ? fault.name : 'Unexpected';
  const message = 'Something unforeseen happens with this folder; the log of the worker tells more.';
  return { code, remedy: 'askSupport', message };
}

/** A folder that is listed is not gone, whatever was answered when it was asked for. */
async function isListed(pair: MailboxPair, { folderKey }: FolderDocument, signal: AbortSignal) {
  return (await sourceFolders(pair, signal)).some(({ key }) => key === folderKey);
}

async function closeFolder(pair: MailboxPair, session: FolderSession): Promise<CopyFolderResult> {
  session.setPlan({ gone: true });
  await session.save();
  pair.board.set(session.document, true);
  return { kind: 'gone' };
}

async function refuse(pair: MailboxPair, session: FolderSession, text: FaultText): Promise<CopyFolderResult> {
  session.setPlan({ refused: text });
  await session.save();
  pair.board.set(session.document, true);
  return { kind: 'refused', text };
}

function startCopy(
  pair: MailboxPair,
  session: FolderSession,
  { filter, giveUp }: CopyFolderOrder,
  signal: AbortSignal,
  onProgress: (counters: FolderCounters) => void,
): FolderCopy {
  const { document } = session;
  const keys = new KnownKeys(pair.ledger, document);
  const target = { id: document.plan.targetId ?? '' };
  return {
    pair,
    session,
    keys,
    target,
    filter,
    format: formatOf(pair),
    giveUp,
    signal,
    onProgress,
    noted: {},
  };
}

/** The best format both sides have. */
function formatOf({ source, target }: MailboxPair): ItemFormat {
  const format = source.capabilities.formats.find((name) => target.capabilities.formats.includes(name));
  if (format) return format;
  const message = 'Source and target have no item format in common.';
  throw new Fault(
    { kind: 'fatal', side: 'target' },
    { code: 'NoCommonFormat', remedy: 'askSupport', message },
    true,
  );
}

/** @returns the number of changes the source told; absent where the target's stamps tell that the ledger was set back */
async function copyAll(copy: FolderCopy, name: string | undefined): Promise<number | undefined> {
  const { pair, session, keys } = copy;
  const { document } = session;
  applyRepairs(document);
  if (document.closed) reopen(session);
  if (document.seq === 0) await keys.readAll();
  session.raiseSeq(keys.highestSeq);
  const { completeSince } = document;
  await settle(copy);
  if (document.completeSince > completeSince) return undefined;
  await removeDoubles(copy);
  await adopt(copy, document.repairs?.adopt ?? []);
  const changes = isOnlyMended(document.plan) ? 0 : await listAndCopy(copy);
  if (name !== undefined && !isOnlyMended(document.plan)) await retry(copy, name);
  forgetAllBusy(copy);
  if (document.retrySeq) session.set({ retrySeq: 0 });
  if (document.plan.refused) session.setPlan({ refused: undefined });
  if (document.repairs) session.mended();
  await session.saveChanges();
  pair.board.set(document, true);
  return changes;
}

/** A folder that was gone, and is back with what it holds now. */
function reopen(session: FolderSession): void {
  session.set({ closed: false });
  session.setWatermark({ source: undefined });
}

/** A watermark that `verifyPass` did not find true is not gone on from. */
function applyRepairs(document: FolderDocument): void {
  const { repairs, watermark } = document;
  if (!repairs || !watermark) return;
  document.watermark = {
    filter: watermark.filter,
    source: repairs.relistSource ? undefined : watermark.source,
    target: repairs.relistTarget ? undefined : watermark.target,
  };
}

async function listAndCopy(copy: FolderCopy): Promise<number> {
  const { pair, session, keys, filter, signal } = copy;
  const { document } = session;
  const { watermark } = document;
  let since = watermark?.filter === filter.hash ? watermark.source : undefined;
  let beginning = since === undefined;
  let changes = 0;
  for (let more = true; more;) {
    const page = await listPage(copy, since);
    beginning ||= page.reset;
    if (beginning && (since === undefined || page.reset)) session.set({ relisted: document.seq > 0 });
    if (beginning) await keys.readAll();
    await copyPage(copy, page);
    changes += page.changes.length;
    session.setWatermark({ source: page.state, filter: filter.hash });
    await session.save();
    // A server that tells of more and tells nothing would be asked for ever.
    more = page.more && (page.state !== since || page.changes.length > 0);
    since = page.state;
    pair.board.set(document, false);
    signal.throwIfAborted();
  }
  return changes;
}

function listPage({ pair, session, signal }: FolderCopy, since: string | undefined): Promise<ChangePage> {
  const { folderKey } = session.document;
  return pair.sourceBackOff.repeat(signal, () =>
    pair.sourceTurns.run(signal, () => pair.source.listChanges(folderKey, since, signal)),
  );
}

async function copyPage(copy: FolderCopy, { changes }: ChangePage): Promise<void> {
  const { pair, session, keys, filter } = copy;
  const known = await keys.lookUp(changes.map(({ sourceKey }) => sourceKey));
  const page = worksOf(changes, known, filter, pair.target.updateItems !== undefined);
  copy.onProgress(session.document.counters);
  await note(copy, page.notes);
  await removeTargets(copy, page.leftovers);
  await copyWorks(copy, page.works);
}

/**
 * What failed before is put again, newest version first asked for, some at a time; once, however many attempts that takes. What a retry of
 * another name has left is none of this one's.
 */
async function retry(copy: FolderCopy, name: string): Promise<void> {
  const { pair, session, keys } = copy;
  const { document } = session;
  const overwrites = pair.target.updateItems !== undefined;
  if (!document.retrySeq || document.retryName !== name)
    session.set({ retrySeq: document.seq, retryName: name });
  for await (const failed of failedEntries(pair.ledger, document, document.retrySeq ?? 0, keys)) {
    const wanted = failed.filter((entry) => copy.filter.accepts(entry));
    await copyWorks(
      copy,
      wanted.map((entry) => workAgain(entry, overwrites)),
    );
  }
}
