import type { TargetRef } from '../connectors/connector';
import type { FolderCopy } from './folder-copy';
import type { EntryOutcome, FolderPlan } from './ledger';
import { removeTargets } from './remove-targets';

/**
 * Whether nothing is put into the target folder any more, because its source folder is gone or left out: what was noted in it is mended,
 * and it is never made anew.
 */
export function isOnlyMended({ gone, leftOut }: Pick<FolderPlan, 'gone' | 'leftOut'>): boolean {
  return gone || leftOut === true;
}

/** Removes the doubles that `verifyPass` noted, but never the item that now stands in the ledger, nor the only one there is. */
export async function removeDoubles(copy: FolderCopy): Promise<void> {
  const noted = copy.session.document.repairs?.remove ?? [];
  if (noted.length === 0) return;
  const known = await copy.keys.lookUp(noted.map(({ sourceKey }) => sourceKey));
  const doubles = noted.filter(({ sourceKey, target }) =>
    isDouble(target, known.get(sourceKey)?.at(-1)?.outcome),
  );
  await removeTargets(
    copy,
    doubles.map(({ target }) => target),
  );
}

function isDouble({ targetId }: TargetRef, newest: EntryOutcome | undefined): boolean {
  switch (newest?.kind) {
    case 'removed':
      return true;
    case 'copied':
      return newest.targetId !== targetId;
    case 'skipped':
      return newest.keptTargetId !== undefined && newest.keptTargetId !== targetId;
    case 'failed':
      return newest.older !== undefined && newest.older.targetId !== targetId;
    default:
      return false;
  }
}
