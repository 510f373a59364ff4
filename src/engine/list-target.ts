import type { AddedPage, TargetFolder, TargetState } from '../connectors/connector';
import { Fault } from '../domain/faults';
import type { MailboxPair } from './mailbox-pair';

/** Every page of what a target folder holds, or of what was added to it since a state. */
export async function* listAll(
  pair: MailboxPair,
  target: TargetFolder,
  signal: AbortSignal,
  from?: TargetState,
): AsyncGenerator<AddedPage> {
  let since = from;
  for (let more = true; more;) {
    const page = await pair.targetBackOff.repeat(signal, () =>
      pair.targetTurns.run(signal, () => pair.target.listAdded(target, pair.id, since, signal)),
    );
    yield page;
    more = page.more && page.state !== since;
    since = page.state;
  }
}

/** A folder of the target; `foreign` where nothing is put into it. */
export interface AnyFolder extends TargetFolder {
  foreign: boolean;
}

/** As `listAll`; a foreign folder that cannot be listed, or has just gone, holds up nobody. */
export async function* listAny(
  pair: MailboxPair,
  target: AnyFolder,
  signal: AbortSignal,
  from?: TargetState,
): AsyncGenerator<AddedPage> {
  try {
    yield* listAll(pair, target, signal, from);
  } catch (fault) {
    if (!target.foreign || !isOfFolder(fault)) throw fault;
  }
}

/** Whether it is about one folder, which is gone or refused. */
export function isOfFolder(fault: unknown): boolean {
  return fault instanceof Fault && fault.details.kind === 'folder';
}

/** The folders where our stamps may be: these, and every other the target can tell of. */
export async function targetFolders(
  pair: MailboxPair,
  known: readonly string[],
  signal: AbortSignal,
): Promise<AnyFolder[]> {
  const own = new Set(known);
  const all = await pair.targetBackOff.repeat(signal, () =>
    pair.targetTurns.run(signal, async () => (await pair.target.listFolders?.(signal)) ?? []),
  );
  const others = new Set(all.flatMap(({ id }) => (own.has(id) ? [] : id)));
  return [
    ...[...own].map((id) => ({ id, foreign: false })),
    ...[...others].map((id) => ({ id, foreign: true })),
  ];
}
