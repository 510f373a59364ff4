import type { TargetRef } from '../connectors/connector';
import type { FolderCopy } from './folder-copy';
import { removeTargets } from './remove-targets';
import { replacedBy } from './works';

/** Removes the target items of versions that were replaced by these, in case their removal was never sent. Harmless when repeated. */
export async function removeReplaced(
  copy: Pick<FolderCopy, 'pair' | 'session' | 'signal'>,
  newest: readonly (TargetRef & { sourceKey: string })[],
): Promise<void> {
  const { pair, session } = copy;
  const sourceKeys = newest.map(({ sourceKey }) => sourceKey);
  const known = await pair.ledger.lookUp(session.document, sourceKeys);
  await removeTargets(
    copy,
    newest.flatMap((item) => replacedBy(item, known.get(item.sourceKey) ?? [])),
  );
}
