/** So few go in a day's tidying; below this a share says nothing. */
const fewItems = 50;

/**
 * Whether so much is gone from the source at once that its user hardly meant it: more than 50 items, and at least half of what is known
 * of the mailbox. What is behind it then is an emptied, mixed up or half restored mailbox, and to follow it would empty the new one too.
 * Half, because a mailbox whose items have all got new keys shows as many new as gone ones.
 *
 * @param gone items that are gone and were not moved
 * @param known items that were copied, those among them
 */
export function isMuchSmaller(gone: number, known: number): boolean {
  return gone > fewItems && 2 * gone >= known;
}
