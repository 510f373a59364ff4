/** What a process tells others of the turns it has at a server. */
export interface TurnsTold {
  /** Mailboxes at work, 1 or more. */
  mailboxes: number;
  /** The most that were lately under way with one that the server answered; 0 where it answered none. */
  requests: number;
  /** Whether it met a limit that mailboxes share lately. */
  isLimited: boolean;
}

/** Of several processes the same one has what is left over for so long. */
const roundMs = 30_000;
/** In one of so many rounds all together try one request more than they have. */
const probeRounds = 4;
/** As far as can be from any fraction: whose turn it is for what is left over never comes round in a short circle. */
const golden = 0.618_033_988_749_895;

/**
 * What each process may have of what all have together, by the number of its mailboxes: whole requests, 1 or more each, whose sum is what all
 * have, and now and then one more, wherever that is enough for one each. What does not divide evenly goes round. Empty where none met a limit lately.
 * @param told by names that are the same for all processes
 * @param nowMs of a clock that is the same for all processes, about
 */
export function partsOf(told: ReadonlyMap<string, TurnsTold>, nowMs: number): Map<string, number> {
  const all = [...told].sort(([a], [b]) => (a < b ? -1 : 1));
  if (!all.some(([, { isLimited }]) => isLimited)) return new Map();
  const round = Math.floor(nowMs / roundMs);
  const requests = all.reduce((sum, [, one]) => sum + one.requests, round % probeRounds === 0 ? 1 : 0);
  const mailboxes = all.reduce((sum, [, one]) => sum + one.mailboxes, 0);
  const phase = (round * golden) % 1;
  let before = phase;
  return new Map(
    all.map(([id, one]) => {
      const after = before + (requests * one.mailboxes) / mailboxes;
      const part = Math.floor(after) - Math.floor(before);
      before = after;
      return [id, Math.max(1, part)];
    }),
  );
}
