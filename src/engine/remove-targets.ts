import type { TargetRef, UpdateOutcome } from '../connectors/connector';
import type { FolderCopy } from './folder-copy';

/**
 * Removes target items that are as we last wrote them; one that others changed is left. Harmless when repeated, and repeated where
 * an answer is lost.
 *
 * @returns one outcome per target, same order
 */
export async function removeTargets(
  { pair, session, signal }: Pick<FolderCopy, 'pair' | 'session' | 'signal'>,
  targets: readonly TargetRef[],
): Promise<UpdateOutcome[]> {
  const all: UpdateOutcome[] = [];
  const most = pair.target.capabilities.itemsPerRequest;
  for (let at = 0; at < targets.length; at += most) {
    const part = targets
      .slice(at, at + most)
      .map(({ targetId, targetChangeKey }) => ({ targetId, targetChangeKey }));
    await pair.targetBackOff.repeat(signal, async () => {
      const outcomes = await pair.targetTurns.run(signal, () =>
        pair.target.removeItems(part, session.window, signal).catch((fault: unknown) => {
          throw (session.failure as Error | undefined) ?? fault;
        }),
      );
      for (const outcome of outcomes) if (outcome.kind === 'again') throw outcome.fault;
      all.push(...outcomes);
    });
  }
  return all;
}
