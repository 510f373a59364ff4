import type { Clock } from './clock';
import { AdaptiveWidth } from './width';

/** A mailbox that has asked for nothing for so long is not at work. */
const atWorkMs = 60_000;

interface Waiting {
  place: SharedPlace;
  start: () => void;
}

/**
 * The turns of all mailboxes of a process at one connector's server. They are without limit until the server shows one that the mailboxes
 * share; from then on they keep below it together, and it is divided evenly: next is whoever has the fewest requests under way, and of
 * several the one whose last turn began first.
 */
export class SharedTurns {
  private readonly width: AdaptiveWidth;
  private readonly places = new Set<SharedPlace>();
  private readonly waiting: Waiting[] = [];
  private taken = 0;
  private turn = 0;

  constructor(private readonly clock: Clock) {
    this.width = new AdaptiveWidth(Infinity, Infinity, () => this.atWork);
  }

  /** How many requests are under way, of all mailboxes. */
  get underWay(): number {
    return this.taken;
  }

  /** How many may be under way now; `Infinity` before any limit was met. */
  get requests(): number {
    return this.width.requests;
  }

  /** How many mailboxes have asked for something lately; at least 1. */
  get atWork(): number {
    this.forgetIdle();
    return Math.max(1, this.places.size);
  }

  /** A mailbox's place among the others; it need not be given back. */
  join(): SharedPlace {
    this.forgetIdle();
    return new SharedPlace(this);
  }

  /** @returns once it is this mailbox's turn. Rejects with the signal's reason when aborted meanwhile */
  async take(place: SharedPlace, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    place.askedAt = this.clock.monotonic();
    this.places.add(place);
    if (this.waiting.length === 0 && this.isFree) return this.begin(place);
    place.waiting += 1;
    await new Promise<void>((resolve, reject) => {
      const waiting = {
        place,
        start: () => {
          signal.removeEventListener('abort', leave);
          resolve();
        },
      };
      const leave = () => {
        this.waiting.splice(this.waiting.indexOf(waiting), 1);
        place.waiting -= 1;
        reject(signal.reason as Error);
      };
      signal.addEventListener('abort', leave, { once: true });
      this.waiting.push(waiting);
    });
  }

  give(place: SharedPlace): void {
    this.taken -= 1;
    place.underWay -= 1;
    this.wake();
  }

  /** The server answered. @param underWay how many there were when the request left */
  answered(underWay: number): void {
    this.width.answered(underWay >= this.width.requests, this.clock.monotonic());
    this.wake();
  }

  /** The server had too many of all mailboxes together. @param underWay how many there were when the request left, at `beganMs` */
  refused(underWay: number, beganMs: number): void {
    this.width.refused(beganMs, this.clock.monotonic(), underWay);
  }

  private get isFree(): boolean {
    return this.taken < this.width.requests;
  }

  private forgetIdle(): void {
    const since = this.clock.monotonic() - atWorkMs;
    for (const place of this.places) if (place.askedAt < since && place.isIdle) this.places.delete(place);
  }

  private begin(place: SharedPlace): void {
    this.taken += 1;
    this.turn += 1;
    place.underWay += 1;
    place.lastTurn = this.turn;
  }

  private wake(): void {
    while (this.waiting.length > 0 && this.isFree) {
      const next = this.waiting.reduce((first, other) =>
        other.place.comesBefore(first.place) ? other : first,
      );
      this.waiting.splice(this.waiting.indexOf(next), 1);
      next.place.waiting -= 1;
      this.begin(next.place);
      next.start();
    }
  }
}

/** One mailbox at a server that others ask, too. */
export class SharedPlace {
  underWay = 0;
  waiting = 0;
  lastTurn = 0;
  askedAt = -Infinity;

  constructor(readonly turns: SharedTurns) {}

  get isIdle(): boolean {
    return this.underWay === 0 && this.waiting === 0;
  }

  /** Whether others are at work beside this mailbox, so that a limit it meets may be theirs, too. */
  get hasOthers(): boolean {
    return this.turns.atWork > 1;
  }

  comesBefore(other: SharedPlace): boolean {
    if (this.underWay !== other.underWay) return this.underWay < other.underWay;
    return this.lastTurn < other.lastTurn;
  }
}
