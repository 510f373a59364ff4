import type { AddedPage, TargetFolder } from '../connectors/connector';
import type { MailboxPair } from './mailbox-pair';

/** Every page of what a target folder holds. */
export async function* listAll(
  pair: MailboxPair,
  target: TargetFolder,
  signal: AbortSignal,
): AsyncGenerator<AddedPage> {
  let since: string | undefined;
  for (let more = true; more;) {
    const page = await pair.targetBackOff.repeat(signal, () =>
      pair.targetTurns.run(signal, () => pair.target.listAdded(target, pair.id, since, signal)),
    );
    yield page;
    more = page.more && page.state !== since;
    since = page.state;
  }
}

/** The folders where our stamps may be: these, and every other the target can tell of. */
export async function targetFolders(
  pair: MailboxPair,
  known: readonly string[],
  signal: AbortSignal,
): Promise<TargetFolder[]> {
  const ids = new Set(known);
  const all = await pair.targetBackOff.repeat(
    signal,
    async () => (await pair.target.listFolders?.(signal)) ?? [],
  );
  for (const { id } of all) ids.add(id);
  return [...ids].map((id) => ({ id }));
}
