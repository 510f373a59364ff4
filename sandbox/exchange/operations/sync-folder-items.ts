import type { Operation } from '../call';
import { EwsError, schemaFault } from '../errors';
import { renderItem } from '../properties/render-item';
import { parseShape } from '../properties/shape';
import type { Change } from '../store/changes';
import { firstState, itemChanges } from '../store/changes';
import { itemId } from '../store/ids';
import type { Folder, Mailbox } from '../store/mailbox';
import type { SyncState } from '../store/sync-state';
import { readSyncState, writeSyncState } from '../store/sync-state';
import { child, childText } from '../xml/element';
import { onlyFolder } from './resolve';
import { respondEach } from './respond';
import { checkSequence } from './schema-check';

const MAXIMUM = 512;

/** @see MS-OXWSSYNC 3.1.4.2 SyncFolderItems; MaxChangesReturned 1..512 */
export const syncFolderItems: Operation = async (call, request, answer) => {
  checkSequence(
    request,
    ['ItemShape', 'SyncFolderId', 'SyncState', 'Ignore', 'MaxChangesReturned', 'SyncScope'],
    ['ItemShape', 'SyncFolderId', 'MaxChangesReturned'],
  );
  const shape = parseShape(child(request, 'ItemShape'));
  const max = Number(childText(request, 'MaxChangesReturned'));
  if (!Number.isInteger(max) || max < 1 || max > MAXIMUM)
    throw schemaFault(
      `The 'MaxChangesReturned' element is invalid - The value '${childText(request, 'MaxChangesReturned') ?? ''}' is invalid.`,
    );
  const ignored = new Set((child(request, 'Ignore')?.children ?? []).map((each) => each.attrs['Id']));
  const associated = childText(request, 'SyncScope') === 'NormalAndAssociatedItems';
  await respondEach(call, answer, 'SyncFolderItems', [request], undefined, () => {
    const { mailbox, folder } = onlyFolder(call, child(request, 'SyncFolderId'));
    const page = itemChanges(
      mailbox,
      folder,
      stateOf(mailbox, folder, childText(request, 'SyncState')),
      Math.min(max, call.faults.get('shortPage')?.max ?? max),
      associated,
    );
    return async () => {
      answer.element('m:SyncState', writeSyncState(page.state));
      answer.element('m:IncludesLastItemInRange', String(page.last));
      answer.open('m:Changes');
      for (const change of page.changes) {
        if (!ignored.has(idOf(mailbox, change))) await writeChange(change, mailbox);
      }
      answer.close('m:Changes');
    };
  });

  async function writeChange(change: Change, mailbox: Mailbox): Promise<void> {
    answer.open(`t:${change.kind}`);
    if (change.kind === 'Delete') answer.empty('t:ItemId', { Id: idOf(mailbox, change), ChangeKey: '' });
    else if (change.kind === 'ReadFlagChange') {
      const { id, changeKey } = mailbox.itemIdOf(change.item);
      answer.empty('t:ItemId', { Id: id, ChangeKey: changeKey });
      answer.element('t:IsRead', String(change.item.read));
    } else
      await renderItem(answer, {
        mailbox,
        item: change.item,
        shape: { ...shape, mime: false },
        view: 'sync',
        zoneOffsetMinutes: call.policy.zoneOffsetMinutes,
      });
    answer.close(`t:${change.kind}`);
  }
};

function idOf(mailbox: Mailbox, change: Change): string {
  const at = change.kind === 'Delete' ? change.gone : change.item;
  return itemId(mailbox.identity, at.folder, at.counter);
}

function stateOf(mailbox: Mailbox, folder: Folder, text: string | undefined): SyncState {
  if (!text) return firstState(mailbox, folder.record.counter);
  const state = readSyncState(text);
  if (
    !state ||
    state.folder !== folder.record.counter ||
    state.mailbox !== mailbox.settings.mailboxGuid ||
    state.top > mailbox.seq
  ) {
    throw new EwsError(
      'ErrorInvalidSyncStateData',
      'Synchronization state data is corrupt or otherwise invalid.',
    );
  }
  return state;
}
