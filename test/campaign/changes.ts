import type { Random } from '../../sandbox/exchange/random';

const ways = ['change', 'read', 'move', 'trash', 'delete', 'add', 'renameFolder', 'moveFolder'] as const;

/** What the user does in his old mailbox; `pick` and `to` from 0 to 1 are places in lists of what he had. */
export interface SourceChange {
  how: (typeof ways)[number];
  pick: number;
  to: number;
}

/** @param most at least one, at most so many */
export function drawChanges(random: Random, most: number): SourceChange[] {
  return Array.from({ length: random.int(1, most) }, () => ({
    how: random.pick([...ways, 'change', 'move']),
    pick: random.next(),
    to: random.next(),
  }));
}
