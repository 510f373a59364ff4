import { readFileSync } from 'node:fs';
import type { CampaignFlags } from './main';
import { kindsOf, planFrom, planOf, type Plan } from './plan';

/** What a run came to: it kept the promise; it ended wrongly, stood still or had no pages; or it took too long, or broke off. */
export type RunEnd = 'kept' | 'broken' | 'unended';

/** Which runs are still to be made, and what came of those before. */
export class Agenda {
  private taken = 0;
  private seed: number;
  private longestMs = 0;
  private isTold = false;
  private readonly ends: RunEnd[] = [];
  private readonly endAt: number;

  constructor(private readonly flags: CampaignFlags) {
    this.seed = flags.seed;
    const kinds = kindsOf(flags.only);
    if (!kindsOf(flags.having).some((kind) => kinds.includes(kind)))
      throw new Error(`No fault that is to be there is among ${kinds.join(', ')}.`);
    this.endAt = performance.now() + (flags.forMs ?? Infinity);
  }

  /** The plan of the next run; absent where the number or the time is reached, or nothing more is to be begun. */
  next(): Plan | undefined {
    const { runs, plan } = this.flags;
    if (this.isTold || this.taken >= runs || performance.now() + this.longestMs >= this.endAt)
      return undefined;
    this.taken += 1;
    return plan === undefined ? this.draw() : planFrom(readFileSync(plan, 'utf8'));
  }

  ended(end: RunEnd, durationMs: number): void {
    this.ends.push(end);
    this.longestMs = Math.max(this.longestMs, durationMs);
  }

  /** The plan of the next seed whose faults are those that are asked for. */
  private draw(): Plan {
    const { only, having } = this.flags;
    for (;;) {
      const plan = planOf(this.seed, only);
      this.seed += 1;
      if (having.length === 0 || plan.faults.some(({ kind }) => having.includes(kind))) return plan;
    }
  }

  /** What is under way comes to its end; nothing more is begun. */
  close(): void {
    this.isTold = true;
  }

  count(...wanted: RunEnd[]): number {
    return this.ends.filter((end) => wanted.length === 0 || wanted.includes(end)).length;
  }
}
