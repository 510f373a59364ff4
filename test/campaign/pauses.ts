/** Longer than a plan leaves a migration paused between two buttons. */
const longestMs = 10_000;

/**
 * Who ends a pause. Faults are due by how far the migration is: one that is left paused before the last of them would stand still, by
 * the campaign's own doing, until it is taken for stuck.
 */
export class Pauses {
  private sinceMs?: number;

  /**
   * To be asked at each look at the row.
   * @param isQuiet whether no more faults are to come
   * @returns whether the administrator is to press **Resume**
   */
  isToEnd(state: string, isQuiet: boolean, nowMs: number): boolean {
    if (state !== 'paused') {
      delete this.sinceMs;
      return false;
    }
    this.sinceMs ??= nowMs;
    return isQuiet || nowMs - this.sinceMs > longestMs;
  }
}
