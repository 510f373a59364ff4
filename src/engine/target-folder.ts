import type { PlannedFolder, SendWindow, TargetFolder } from '../connectors/connector';
import { Fault } from '../domain/faults';
import type { FolderSession } from './folder-session';
import type { FolderPlan } from './ledger';
import type { MailboxPair } from './mailbox-pair';

/**
 * Makes the target folder of a source folder anew, after it has gone. While that may be on its way an empty parcel is pending, so
 * that an attempt after this one waits before it makes another. Where the parent has gone too, the folder goes under the root.
 */
export async function remakeTargetFolder(
  pair: MailboxPair,
  session: FolderSession,
  signal: AbortSignal,
): Promise<void> {
  const { document, window } = session;
  if (document.pending.length > 0) await pair.clock.sleep(pair.quietMs, signal);
  const parent = await parentOf(pair, document.plan);
  const { parcelId } = session.begin([]);
  await session.save();
  const ensure = (under: TargetFolder | undefined) => ensureOnce(pair, document, under, window, signal);
  const folder = await ensure(parent).catch((fault: unknown) => {
    const parentGone =
      fault instanceof Fault && fault.details.kind === 'folder' && fault.details.reason === 'gone';
    if (!parent || !parentGone) throw fault;
    return ensure(undefined);
  });
  session.setPlan({ targetId: folder.id, refused: undefined });
  session.finish(parcelId, []);
  await session.save();
}

async function parentOf(
  { id, ledger }: MailboxPair,
  { parentKey }: FolderPlan,
): Promise<TargetFolder | undefined> {
  if (parentKey === undefined) return undefined;
  const parent = await ledger.folder({ pairId: id, folderKey: parentKey });
  return parent?.plan.targetId === undefined ? undefined : { id: parent.plan.targetId };
}

/** Asks the target for the folder once, after the waits it asked for. */
export function ensureOnce(
  pair: MailboxPair,
  { folderKey, plan, replaces }: { folderKey: string; plan: FolderPlan; replaces?: string | undefined },
  parent: TargetFolder | undefined,
  window: SendWindow,
  signal: AbortSignal,
): Promise<TargetFolder> {
  const { name, wellKnown, folderClass } = plan;
  const planned: PlannedFolder = {
    pairId: pair.id,
    sourceKey: folderKey,
    parent,
    name,
    wellKnown,
    folderClass,
    ...(replaces !== undefined && { replaces }),
  };
  return pair.targetTurns.run(signal, async () => {
    await pair.targetBackOff.ready(signal);
    return pair.target.ensureFolder(planned, window, signal);
  });
}
