import type { FolderCopy } from './folder-copy';
import { removeTargets } from './remove-targets';

/** Removes the doubles that `verifyPass` noted, but never the item that now stands in the ledger, nor the only one there is. */
export async function removeDoubles(copy: FolderCopy): Promise<void> {
  const noted = copy.session.document.repairs?.remove ?? [];
  if (noted.length === 0) return;
  const known = await copy.keys.lookUp(noted.map(({ sourceKey }) => sourceKey));
  const doubles = noted.filter(({ sourceKey, target }) => {
    const newest = known.get(sourceKey)?.at(-1)?.outcome;
    if (newest?.kind === 'removed') return true;
    return newest?.kind === 'copied' && newest.targetId !== target.targetId;
  });
  await removeTargets(
    copy,
    doubles.map(({ target }) => target),
  );
}
