import { setTimeout as pause } from 'node:timers/promises';
import type { Row } from './product';

/** Where faults are due that are not due in its course. */
export const moments = {
  /** While the user opens his link and signs in for the first time. */
  signIn: -1,
  /** When it says that it has ended: mails are still to be sent, passwords to be destroyed. */
  end: 1,
} as const;

/** Of a whole migration: making folders, copying, comparing. */
const planned = 0.15;
const copied = 0.85;
/** About how long the steps take that have no counter of their own. */
const planMs = 3000;
const verifyMs = 2000;
/** A migration that is held up for so long gets its faults all the same. */
const allAfterMs = 150_000;

/** How far a migration is, from 0 to 1, and before its first sign-in less; it never goes back. Faults are due by it, so that they meet slow machines and quick ones alike. */
export class Progress {
  private share: number = moments.signIn;
  private readonly begunAt = performance.now();
  private readonly stepAt = new Map<string, number>();
  private passesDone = 0;
  private isAbandoned = false;

  /** @param passes that the migration has */
  constructor(private readonly passes: number) {}

  passDone(): void {
    this.passesDone += 1;
    this.stepAt.clear();
  }

  /** @param items that the source has */
  see({ state, step = '', copied: done }: Row, items: number): void {
    const now = performance.now();
    if (!this.stepAt.has(step)) this.stepAt.set(step, now);
    const inStepMs = now - (this.stepAt.get(step) ?? now);
    const ofPass = shareOf(state, step, inStepMs, done / Math.max(1, items));
    const isOver = ofPass === 1;
    this.share = Math.max(this.share, isOver ? 1 : (this.passesDone + ofPass) / this.passes);
    if (now - this.begunAt > allAfterMs) this.share = moments.end;
  }

  /** Nothing is due any more. */
  abandon(): void {
    this.isAbandoned = true;
  }

  /** @returns whether it came to this share; false where it was given up before */
  async reached(share: number): Promise<boolean> {
    while (this.share < share && !this.isAbandoned) await pause(50);
    return !this.isAbandoned;
  }
}

function shareOf(state: string, step: string, inStepMs: number, copiedShare: number): number {
  if (/^(completed|completedWithIssues|failed|stopped|expired)$/.test(state)) return 1;
  const ofStep = (fromShare: number, toShare: number, part: number) =>
    fromShare + (toShare - fromShare) * Math.min(1, part);
  if (step === 'planning') return ofStep(0, planned, inStepMs / planMs);
  if (step === 'copying') return ofStep(planned, copied, copiedShare);
  if (step === 'verifying') return ofStep(copied, 1, inStepMs / verifyMs);
  return 0;
}
