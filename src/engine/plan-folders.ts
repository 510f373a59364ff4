import { chooseFolders } from '../domain/folder-filter';
import { kindOfFolderClass, parentsFirst } from '../domain/folder-plan';
import type { FilterSpec } from '../domain/item-filter';
import type { ItemKind, WellKnownFolder } from '../domain/mailbox';
import { adoptStamps } from './adopt-stamps';
import { ensureFolders, type PlannedDocument } from './ensure-folders';
import { FencedOut } from './folder-session';
import { refuseEmptied, replacementOf, successorsOf } from './source-guards';
import { noteLeftOut } from './left-out';
import type { FolderDocument } from './ledger';
import { sourceFolders } from './list-source';
import type { MailboxPair } from './mailbox-pair';
import { PairSession } from './pair-session';
import { distrustIfSetBack, fearSetBack } from './set-back';
import { TakenFolders } from './taken-folders';

/** A folder as the workflow may know it: no name, no key. */
export interface PlannedPosition {
  /** What `copyFolder` and `verifyPass` call the folder; kept for good. */
  position: number;
  wellKnown?: WellKnownFolder;
  /** What kind of items the folder is for, from its container class. */
  kind: ItemKind;
  /** The source's own counts, hints for progress. */
  itemCount: number;
  sizeBytes: number;
}

export interface PlanOrder {
  /** Higher than any given to this pair before; above 1 it says that the pair was worked on before. */
  fence: number;
  /** Folders it leaves out are not made in the target, unless one under them is copied. */
  filter: FilterSpec;
  /** An administrator has looked after a source that listed as empty: it is. */
  sourceChecked: boolean;
}

export type PlanResult =
  | {
      kind: 'planned';
      /** In the order to copy: parents before children; without those the filter leaves out. */
      folders: PlannedPosition[];
      /** Positions of folders the target refuses; named in the report, the others go on. */
      refused: number[];
      /** The ledger knew nothing of the pair, or less than was done: none of its folders is up to date, whatever was said before. */
      adopted: boolean;
    }
  /** Another attempt holds the pair under this higher (or the same) fence: go above it. */
  | { kind: 'fenced'; by: number };

/**
 * Lists the source's folders, makes the target's as far as the filter wants them, and keeps the plan in the ledger's folder documents: positions of known folders
 * stay, new ones are appended. Where the ledger knows nothing of the pair, or less than was done, the stamps in all target folders are
 * entered into it, before anything is put. To be called at the beginning of a pass and of each sweep; repeatable.
 *
 * @param onProgress called as folders are dealt with
 * @throws Fault of the mailbox; `fatal` with `checkSourceMailbox` where a mailbox known as full lists as empty, and with
 *   `acceptSourceMailbox` where it was replaced and nobody has said yet that it is the right one
 */
export async function planFolders(
  pair: MailboxPair,
  { fence, ...order }: PlanOrder,
  signal: AbortSignal,
  onProgress: () => void = () => {},
): Promise<PlanResult> {
  await fearSetBack(pair, fence);
  const taken = await pair.ledger.takePair(pair.id, fence);
  if (taken.kind === 'refused') return { kind: 'fenced', by: taken.by };
  const session = new PairSession(pair, taken.document);
  try {
    return await plan(pair, session, order, signal, onProgress);
  } catch (fault) {
    const failure = session.failure ?? fault;
    if (!(failure instanceof FencedOut)) throw failure;
    await distrustIfSetBack(pair, fence, failure);
    return { kind: 'fenced', by: failure.by };
  }
}

async function plan(
  pair: MailboxPair,
  session: PairSession,
  { filter, sourceChecked }: Omit<PlanOrder, 'fence'>,
  signal: AbortSignal,
  onProgress: () => void,
): Promise<PlanResult> {
  const { document } = session;
  // A lost ledger: what was sent before it was lost may still come.
  const strange = !document.adopted && document.fence > 1;
  if (document.ensuring || strange) await pair.clock.sleep(pair.quietMs, signal);
  const listed = await sourceFolders(pair, signal);
  const known = await knownFolders(pair);
  const replacement = replacementOf(listed, known);
  if (replacement && replacement.key !== document.acceptedInbox) {
    await session.write({ replacedInbox: replacement.key });
    throw replacement.fault;
  }
  if (!sourceChecked) refuseEmptied(listed, known);
  const choices = chooseFolders(filter, listed);
  pair.board.expect(listed.filter(({ key }) => choices.get(key) === 'copied'));
  const ordered = parentsFirst(listed);
  const successors = replacement ? successorsOf(ordered, known) : new Map<string, string>();
  const taken = new TakenFolders(pair, document.fence);
  const planning = { known, choices, successors, taken };
  const folders = await ensureFolders(pair, session, ordered, planning, signal, onProgress);
  const isDoubted = !document.adopted || document.feared === true;
  const adopted = isDoubted && (await adoptStamps(pair, session, taken, strange, signal, onProgress));
  if (isDoubted) await session.write({ adopted: true, feared: false });
  await noteLeftOut(taken, folders, known);
  await pair.readCounters();
  const positions = folders.filter(isToCopy(known)).map(({ plan }) => plannedPosition(plan));
  const refused = folders.filter(({ plan }) => plan.refused).map(({ plan }) => plan.position);
  return { kind: 'planned', folders: positions, refused, adopted };
}

/** A folder that is left out is copied only to find out what became of what was on its way. */
function isToCopy(known: ReadonlyMap<string, FolderDocument>): (folder: PlannedDocument) => boolean {
  return ({ folderKey, plan }) =>
    !plan.refused && (!plan.leftOut || (known.get(folderKey)?.pending.length ?? 0) > 0);
}

/** Every folder ever planned, by key; without what only its copy needs. */
async function knownFolders(pair: MailboxPair): Promise<Map<string, FolderDocument>> {
  const known = new Map<string, FolderDocument>();
  for await (const folder of pair.ledger.folders(pair.id))
    known.set(folder.folderKey, {
      ...folder,
      pending: folder.pending.map((one) => ({ ...one, entries: [] })),
    });
  return known;
}

function plannedPosition(plan: FolderDocument['plan']): PlannedPosition {
  const { position, wellKnown, folderClass, itemCount, sizeBytes = 0 } = plan;
  return { position, wellKnown, kind: kindOfFolderClass(folderClass), itemCount, sizeBytes };
}
