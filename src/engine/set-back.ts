import type { MailboxPair } from './mailbox-pair';

/**
 * To be called where the ledger turns out to know less than was done with it, as after a restored backup: what it lacks is entered by
 * the next `planFolders`, from the stamps of all target folders, before anything more is put. Repeating it is harmless.
 */
export async function distrustLedger({ id, ledger }: MailboxPair): Promise<void> {
  for (let isNoted = false; !isNoted;) {
    const known = await ledger.pair(id);
    isNoted = !known?.adopted || (await ledger.writePair(id, known.fence, { adopted: false }));
  }
}
