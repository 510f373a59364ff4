import type { FolderCopy } from './folder-copy';
import { removeTargets } from './remove-targets';

/** Removes the doubles that `verifyPass` noted, but never the item that now stands in the ledger. */
export async function removeDoubles(copy: FolderCopy): Promise<void> {
  const noted = copy.session.document.repairs?.remove ?? [];
  if (noted.length === 0) return;
  const known = await copy.keys.lookUp(noted.map(({ sourceKey }) => sourceKey));
  const doubles = noted.filter(({ sourceKey, target }) => {
    const newest = known.get(sourceKey)?.at(-1)?.outcome;
    return newest?.kind === 'copied' && newest.targetId !== target.targetId;
  });
  await removeTargets(
    copy,
    doubles.map(({ target }) => target),
  );
}
