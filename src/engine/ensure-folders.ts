import type { SourceFolder, TargetFolder } from '../connectors/connector';
import { Fault } from '../domain/faults';
import type { FolderChoice } from '../domain/folder-filter';
import type { FolderDocument, FolderPlan } from './ledger';
import type { MailboxPair } from './mailbox-pair';
import type { PairSession } from './pair-session';
import type { TakenFolders } from './taken-folders';
import { ensureOnce } from './target-folder';

/** A folder of the source with its plan. */
export interface PlannedDocument {
  folderKey: string;
  plan: FolderPlan;
}

/** What was planned before, and what the filter makes of each listed folder, by key. */
export interface Planning {
  known: ReadonlyMap<string, FolderDocument>;
  choices: ReadonlyMap<string, FolderChoice>;
  /** By key of a listed folder that of a gone one whose target folder it goes on with. */
  successors: ReadonlyMap<string, string>;
  taken: TakenFolders;
}

const mostTries = 4;
/** Plans written at once. */
const plansAtOnce = 16;

/**
 * Makes or finds the target folder of each source folder that the filter does not leave out, and writes the plan; each folder is taken
 * with it, so that no plan or copy of before writes to it any more. One that stands as it was is not asked for again; what the source no
 * longer has is marked as gone.
 *
 * @param listed parents before children
 * @returns the plan in the order of `listed`
 */
export async function ensureFolders(
  pair: MailboxPair,
  session: PairSession,
  listed: readonly SourceFolder[],
  planning: Planning,
  signal: AbortSignal,
  onProgress: () => void,
): Promise<PlannedDocument[]> {
  const { known, choices, taken } = planning;
  let next = await givePositions(session, listed, known);
  const planned = new Map<string, PlannedDocument>();
  const standing: PlannedDocument[] = [];
  for (const folder of listed) {
    const before = known.get(folder.key)?.plan;
    const choice = choices.get(folder.key) ?? 'copied';
    const made = { folderKey: folder.key, plan: planOf(folder, choice, before, before?.position ?? next++) };
    planned.set(folder.key, made);
    if (choice === 'leftOut' || stands(made.plan, before)) standing.push(made);
    else {
      await ensure(pair, session, made, planned, planning, signal);
      await taken.plan(folder.key, made.plan);
    }
    onProgress();
  }
  for (const { folderKey, plan } of known.values())
    if (!planned.has(folderKey) && !plan.gone) standing.push({ folderKey, plan: { ...plan, gone: true } });
  for (let at = 0; at < standing.length; at += plansAtOnce) {
    const some = standing.slice(at, at + plansAtOnce);
    await Promise.all(some.map(({ folderKey, plan }) => taken.plan(folderKey, plan)));
    onProgress();
  }
  await session.write({ ensuring: false });
  return [...planned.values()];
}

/** Sets places aside before they are given to anybody, and says that folders are about to be made. @returns the first new place */
async function givePositions(
  session: PairSession,
  listed: readonly SourceFolder[],
  known: ReadonlyMap<string, FolderDocument>,
): Promise<number> {
  const highest = Math.max(-1, ...[...known.values()].map(({ plan }) => plan.position));
  const first = Math.max(session.document.positions, highest + 1);
  const news = listed.filter(({ key }) => !known.has(key)).length;
  await session.write({ ensuring: true, positions: first + news });
  return first;
}

function planOf(
  { parentKey, name, wellKnown, folderClass, itemCount, sizeBytes }: SourceFolder,
  choice: FolderChoice,
  before: FolderPlan | undefined,
  position: number,
): FolderPlan {
  return {
    ...{ position, parentKey, name, wellKnown, folderClass, itemCount, sizeBytes },
    targetId: before?.targetId,
    gone: false,
    leftOut: choice !== 'copied',
  };
}

/** Whether its target folder needs not be asked for again. */
function stands(plan: FolderPlan, before: FolderPlan | undefined): boolean {
  if (!before?.targetId || before.refused) return false;
  const { name, parentKey, wellKnown } = plan;
  return before.name === name && before.parentKey === parentKey && before.wellKnown === wellKnown;
}

async function ensure(
  pair: MailboxPair,
  session: PairSession,
  made: PlannedDocument,
  planned: ReadonlyMap<string, PlannedDocument>,
  { successors, taken }: Planning,
  signal: AbortSignal,
): Promise<void> {
  const { plan } = made;
  const parent = plan.parentKey === undefined ? undefined : planned.get(plan.parentKey);
  if (parent?.plan.refused) {
    plan.refused = parent.plan.refused;
    return;
  }
  try {
    const replaces = successors.get(made.folderKey);
    const folder = await ensureUntilSure(pair, session, { ...made, replaces }, parent, taken, signal);
    plan.targetId = folder.id;
  } catch (fault) {
    if (!(fault instanceof Fault) || fault.details.kind !== 'folder' || fault.details.reason !== 'refused')
      throw fault;
    plan.refused = fault.text;
    delete plan.targetId;
  }
}

/** Repeats what surely did nothing, and what is in doubt once nothing more can come of it: then our mark is found. */
async function ensureUntilSure(
  pair: MailboxPair,
  session: PairSession,
  made: PlannedDocument & { replaces: string | undefined },
  parent: PlannedDocument | undefined,
  taken: TakenFolders,
  signal: AbortSignal,
): Promise<TargetFolder> {
  for (let tries = 1; ; tries += 1) {
    const under = parent?.plan.targetId === undefined ? undefined : { id: parent.plan.targetId };
    try {
      return await ensureOnce(pair, made, under, session.window, signal);
    } catch (fault) {
      if (session.failure) throw session.failure as Error;
      signal.throwIfAborted();
      if (!(fault instanceof Fault) || tries === mostTries) throw fault;
      if (!fault.notDone) await pair.clock.sleep(pair.quietMs, signal);
      const parentGone = fault.details.kind === 'folder' && fault.details.reason === 'gone';
      if (parentGone && parent) await remakeParent(pair, session, parent, taken, signal);
      else await pair.targetBackOff.pardon(fault, tries, signal);
    }
  }
}

/** The target's user removed a folder while more is to go into it. */
async function remakeParent(
  pair: MailboxPair,
  session: PairSession,
  parent: PlannedDocument,
  taken: TakenFolders,
  signal: AbortSignal,
) {
  const folder = await ensureOnce(pair, parent, undefined, session.window, signal);
  parent.plan.targetId = folder.id;
  await taken.plan(parent.folderKey, parent.plan);
}
