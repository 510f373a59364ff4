import { Fault } from '../../domain/faults';
import type { TargetMailbox } from '../connector';
import { capabilitiesOf, type ExchangeTimes } from './capabilities';
import type { Request } from './faults';
import { guarded } from './guard';
import type { Opened } from './open';
import { findFolders } from './operations/find-folder';
import { listAdded, removeItems, setFlags } from './target-changes';
import { TargetFolders } from './target-folders';
import { BrokenOff, putItems } from './target-items';

/**
 * A mailbox on an Exchange, written over EWS. Nothing that is done here sends a mail, an invitation or a receipt.
 * `updateItems` is absent: MIME cannot be replaced in place, so that the new version is put and the old one removed.
 */
export function exchangeTarget(opened: Opened, times: ExchangeTimes): TargetMailbox {
  const { session, identity, rootId } = opened;
  const folders = new TargetFolders(session, rootId);
  const brokenOff = new BrokenOff();
  const inFolder = async <T>(
    about: Request['about'],
    signal: AbortSignal,
    work: () => Promise<T>,
  ): Promise<T> => {
    try {
      return await guarded({ side: 'target', about }, signal, work);
    } catch (error) {
      if (error instanceof Fault && error.kind === 'folder') folders.forget();
      throw error;
    }
  };
  return {
    identity,
    capabilities: capabilitiesOf(session.settings, times),
    close: () => session.close(),
    ensureFolder: (planned, window, signal) =>
      inFolder('folder', signal, () => folders.ensure(planned, window, signal)),
    listFolders: (signal) =>
      guarded({ side: 'target', about: 'other' }, signal, async () => {
        const listed = await findFolders(session, [], signal);
        return listed.filter(({ isSearch }) => !isSearch).map(({ id }) => ({ id }));
      }),
    putItems: (folder, items, _format, window, signal) =>
      inFolder('put', signal, async () => {
        const outcomes = await putItems(session, folder, items, window, signal, brokenOff);
        if (outcomes.some((each) => each.kind === 'again' && each.fault.kind === 'folder')) folders.forget();
        return outcomes;
      }),
    listAdded: (folder, pairId, since, signal) =>
      inFolder('folder', signal, () => listAdded(session, folder, pairId, since, signal)),
    setFlags: (pairs, window, signal) =>
      inFolder('folder', signal, () => setFlags(session, pairs, window, signal)),
    removeItems: (targets, window, signal) =>
      inFolder('folder', signal, () => removeItems(session, targets, window, signal)),
  };
}
