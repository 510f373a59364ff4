import type { Operation } from '../call';
import { EwsError } from '../errors';
import { renderFolder } from '../properties/render-folder';
import { parseShape } from '../properties/shape';
import { firstState, folderChanges } from '../store/changes';
import { folderId } from '../store/ids';
import { readSyncState, writeSyncState } from '../store/sync-state';
import { child, childText } from '../xml/element';
import { onlyFolder } from './resolve';
import { respondEach } from './respond';
import { checkSequence } from './schema-check';

const MAXIMUM = 512;

/** Without SyncFolderId everything below the mailbox's root. @see MS-OXWSSYNC 3.1.4.1 SyncFolderHierarchy */
export const syncFolderHierarchy: Operation = async (call, request, answer) => {
  checkSequence(request, ['FolderShape', 'SyncFolderId', 'SyncState'], ['FolderShape']);
  const shape = parseShape(child(request, 'FolderShape'));
  const text = childText(request, 'SyncState');
  await respondEach(call, answer, 'SyncFolderHierarchy', [request], undefined, () => {
    const given = child(request, 'SyncFolderId');
    const root = call.mailbox.folderByName('root');
    const at = given ? onlyFolder(call, given) : root && { mailbox: call.mailbox, folder: root };
    if (!at) throw new EwsError('ErrorSyncFolderNotFound', 'The folder to synchronise could not be found.');
    const { mailbox, folder } = at;
    const state = text ? readSyncState(text) : firstState(mailbox, folder.record.counter);
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
    const page = folderChanges(mailbox, state, MAXIMUM);
    return async () => {
      answer.element('m:SyncState', writeSyncState(page.state));
      answer.element('m:IncludesLastFolderInRange', String(page.last));
      answer.open('m:Changes');
      for (const change of page.changes) {
        answer.open(`t:${change.kind}`);
        if (change.kind === 'Delete')
          answer.empty('t:FolderId', { Id: folderId(mailbox.identity, change.gone.counter), ChangeKey: '' });
        else renderFolder(answer, mailbox, change.folder, shape);
        answer.close(`t:${change.kind}`);
        await answer.relieve();
      }
      answer.close('m:Changes');
    };
  });
};
