import type {
  AddedItem,
  AddedPage,
  ItemFlags,
  SendWindow,
  Stamp,
  TargetFolder,
  TargetRef,
  TargetState,
  UpdateOutcome,
} from '../connector';
import { asNotDone, faultOf, itemVerdict, type Request } from './faults';
import { itemOf } from './item/markup';
import { setItemFieldXml, setStampXml, stampOf, stampUri } from './item/stamp';
import { deleteItems } from './operations/delete-item';
import { getItems } from './operations/get-item';
import { syncFolderItems } from './operations/sync-folder-items';
import { updateItems } from './operations/update-item';
import type { EwsRefusal } from './refusal';
import type { Session } from './session';
import type { Element } from './soap/element';
import { idOf, refusalOf } from './soap/message';

const inFolder: Request = { side: 'target', about: 'folder' };
/** What the folder has taken of us before. */
const ofOurs: Request = { ...inFolder, takesOthers: true };
const batch = 100;

/** One page of what came into a folder, with our stamps. What the list does not tell whole is read from the items. */
export async function listAdded(
  session: Session,
  folder: TargetFolder,
  pairId: string,
  since: TargetState | undefined,
  signal: AbortSignal,
): Promise<AddedPage> {
  const shape = { properties: [stampUri(pairId)] };
  const page = await syncFolderItems(session, folder.id, since, shape, signal);
  const added: AddedItem[] = [];
  const gone: string[] = [];
  const untold: string[] = [];
  for (const change of page.changes) {
    const stamp = change.item ? stampOf(change.item, pairId) : 'cut';
    if (change.kind === 'gone') gone.push(change.id);
    else if (stamp === 'cut') untold.push(change.id);
    else added.push(addedItem(change.id, change.changeKey, stamp));
  }
  for (let from = 0; from < untold.length; from += batch) {
    const ids = untold.slice(from, from + batch);
    const messages = await getItems(session, ids, shape, signal);
    messages.forEach((message, index) => told(message, ids[index] ?? '', pairId, added, gone));
  }
  return { added, gone, state: page.state, more: page.more, reset: page.reset };
}

function told(message: Element, id: string, pairId: string, added: AddedItem[], gone: string[]): void {
  const refusal = refusalOf(message);
  const verdict = refusal && itemVerdict(refusal, inFolder);
  if (verdict?.kind === 'gone') gone.push(id);
  else if (refusal) throw refusal;
  else {
    const item = itemOf(message);
    const stamp = item && stampOf(item, pairId);
    added.push(addedItem(id, idOf(item)?.changeKey ?? '', stamp === 'cut' ? undefined : stamp));
  }
}

function addedItem(targetId: string, targetChangeKey: string, stamp: Stamp | undefined): AddedItem {
  return { targetId, targetChangeKey, ...(stamp ? { stamp } : {}) };
}

/** Sets the read flag and the stamp of the version that had it, where nobody changed the item. */
export async function setFlags(
  session: Session,
  pairs: readonly { target: TargetRef; flags: ItemFlags; stamp: Stamp }[],
  window: SendWindow,
  signal: AbortSignal,
): Promise<UpdateOutcome[]> {
  if (pairs.length === 0) return [];
  const messages = await updateItems(
    session,
    pairs.map(({ target, flags, stamp }) => ({
      id: target.targetId,
      changeKey: target.targetChangeKey,
      updates: readXml(flags.read) + setStampXml(stamp),
    })),
    () => window.hold(),
    signal,
  );
  return messages.map((message, index) => updateOutcome(message, pairs[index]?.target));
}

function readXml(read: boolean): string {
  return setItemFieldXml(
    '<t:FieldURI FieldURI="message:IsRead"/>',
    'Message',
    `<t:IsRead>${read}</t:IsRead>`,
  );
}

function updateOutcome(message: Element, target: TargetRef | undefined): UpdateOutcome {
  const refusal = refusalOf(message);
  if (refusal) return refusedUpdate(refusal, ofOurs);
  const now = idOf(itemOf(message));
  return {
    kind: 'updated',
    targetId: now?.id ?? target?.targetId ?? '',
    targetChangeKey: now?.changeKey ?? target?.targetChangeKey ?? '',
  };
}

function refusedUpdate(refusal: EwsRefusal, request: Request): UpdateOutcome {
  const verdict = itemVerdict(refusal, request);
  switch (verdict.kind) {
    case 'gone':
      return { kind: 'gone' };
    case 'conflict':
      return { kind: 'changedByOther' };
    case 'failed':
      return { kind: 'failed', reason: verdict.reason };
    case 'fault':
      if (!verdict.fault.notDone) throw verdict.fault;
      return { kind: 'again', fault: asNotDone(faultOf(refusal, request)) };
  }
}

/**
 * Removes items that still have the change key we wrote. EWS deletes without a condition, so that the keys are asked for immediately
 * before; what somebody changes in the moment between the two requests is removed with his change.
 */
export async function removeItems(
  session: Session,
  targets: readonly TargetRef[],
  window: SendWindow,
  signal: AbortSignal,
): Promise<UpdateOutcome[]> {
  if (targets.length === 0) return [];
  const outcomes = await currentOutcomes(session, targets, signal);
  const unchanged = targets.flatMap((target, index) => (outcomes[index] ? [] : [{ target, index }]));
  if (unchanged.length > 0) {
    const ids = unchanged.map(({ target }) => target.targetId);
    const messages = await deleteItems(session, ids, () => window.hold(), signal);
    messages.forEach((message, at) => {
      const place = unchanged[at];
      if (place) outcomes[place.index] = removedOutcome(refusalOf(message), place.target);
    });
  }
  return targets.map((target, index) => outcomes[index] ?? { kind: 'updated', ...target });
}

/** Of each target what is known before it is removed; undefined where it is there and unchanged. */
async function currentOutcomes(
  session: Session,
  targets: readonly TargetRef[],
  signal: AbortSignal,
): Promise<(UpdateOutcome | undefined)[]> {
  const ids = targets.map((each) => each.targetId);
  const messages = await getItems(session, ids, {}, signal);
  return targets.map((target, index) => {
    const message = messages[index];
    const refusal = message && refusalOf(message);
    if (refusal) return removedOutcome(refusal, target);
    const now = idOf(message && itemOf(message))?.changeKey;
    return now === target.targetChangeKey ? undefined : { kind: 'changedByOther' };
  });
}

function removedOutcome(refusal: EwsRefusal | undefined, target: TargetRef): UpdateOutcome {
  const outcome = refusal && refusedUpdate(refusal, inFolder);
  return outcome && outcome.kind !== 'gone' ? outcome : { kind: 'updated', ...target };
}
