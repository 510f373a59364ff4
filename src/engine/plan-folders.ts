import type { SourceFolder } from '../connectors/connector';
import { Fault } from '../domain/faults';
import { kindOfFolderClass, parentsFirst } from '../domain/folder-plan';
import type { ItemKind, WellKnownFolder } from '../domain/mailbox';
import { adoptStamps } from './adopt-stamps';
import { ensureFolders } from './ensure-folders';
import { FencedOut } from './folder-session';
import type { FolderDocument } from './ledger';
import type { MailboxPair } from './mailbox-pair';
import { PairSession } from './pair-session';

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

export type PlanResult =
  | {
      kind: 'planned';
      /** In the order to copy: parents before children. */
      folders: PlannedPosition[];
      /** Positions of folders the target refuses; named in the report, the others go on. */
      refused: number[];
    }
  /** Another attempt holds the pair under this higher (or the same) fence: go above it. */
  | { kind: 'fenced'; by: number };

/**
 * Lists the source's folders, makes the target's, and keeps the plan in the ledger's folder documents: positions of known folders
 * stay, new ones are appended. Where the ledger knows nothing of the pair, the stamps in all target folders are entered into
 * it, before anything is put. To be called at the beginning of a pass and of each sweep; repeatable.
 *
 * @param fence higher than any given to this pair before; above 1 it says that the pair was worked on before
 * @param onProgress called as folders are dealt with
 * @throws Fault of the mailbox; `fatal` with `checkSourceMailbox` where a mailbox known as full lists as empty
 */
export async function planFolders(
  pair: MailboxPair,
  { fence }: { fence: number },
  signal: AbortSignal,
  onProgress: () => void = () => {},
): Promise<PlanResult> {
  const taken = await pair.ledger.takePair(pair.id, fence);
  if (taken.kind === 'refused') return { kind: 'fenced', by: taken.by };
  const session = new PairSession(pair, taken.document);
  try {
    return await plan(pair, session, signal, onProgress);
  } catch (fault) {
    const failure = session.failure ?? fault;
    if (failure instanceof FencedOut) return { kind: 'fenced', by: failure.by };
    throw failure;
  }
}

async function plan(
  pair: MailboxPair,
  session: PairSession,
  signal: AbortSignal,
  onProgress: () => void,
): Promise<PlanResult> {
  const { document } = session;
  // A lost ledger: what was sent before it was lost may still come.
  const strange = document.positions === 0 && document.fence > 1;
  if (document.ensuring || strange) await pair.clock.sleep(pair.quietMs, signal);
  const listed = await pair.sourceBackOff.repeat(signal, () =>
    pair.sourceTurns.run(signal, () => pair.source.listFolders(signal)),
  );
  const known = await knownFolders(pair);
  refuseEmptied(listed, known);
  const folders = await ensureFolders(pair, session, parentsFirst(listed), known, signal, onProgress);
  if (!document.adopted) {
    await adoptStamps(pair, session, folders, strange, signal, onProgress);
    await session.write({ adopted: true });
  }
  await pair.readCounters();
  const positions = folders.filter(({ plan }) => !plan.refused).map(({ plan }) => plannedPosition(plan));
  const refused = folders.filter(({ plan }) => plan.refused).map(({ plan }) => plan.position);
  return { kind: 'planned', folders: positions, refused };
}

/** Every folder ever planned, by key; without what only its copy needs. */
async function knownFolders(pair: MailboxPair): Promise<Map<string, FolderDocument>> {
  const known = new Map<string, FolderDocument>();
  for await (const folder of pair.ledger.folders(pair.id))
    known.set(folder.folderKey, { ...folder, pending: [] });
  return known;
}

/** A mailbox that was full and lists as empty was not emptied by its user while he moves it. */
function refuseEmptied(listed: readonly SourceFolder[], known: ReadonlyMap<string, FolderDocument>): void {
  const copied = [...known.values()].reduce((sum, { counters }) => sum + counters.copied, 0);
  if (copied === 0 || listed.some(({ itemCount }) => itemCount > 0)) return;
  const message = `the source mailbox lists as empty, while ${copied} items were copied from it before`;
  throw new Fault(
    { kind: 'fatal', side: 'source' },
    { code: 'SourceEmpty', remedy: 'checkSourceMailbox', message },
    true,
  );
}

function plannedPosition(plan: FolderDocument['plan']): PlannedPosition {
  const { position, wellKnown, folderClass, itemCount, sizeBytes = 0 } = plan;
  return { position, wellKnown, kind: kindOfFolderClass(folderClass), itemCount, sizeBytes };
}
