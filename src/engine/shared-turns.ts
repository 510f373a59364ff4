import type { TurnsTold } from '../domain/turn-parts';
import type { Clock } from './clock';
import { AdaptiveWidth } from './width';

/** Whoever came so long ago and has asked for nothing since is not at work. */
const atWorkMs = 60_000;
/** Without a refusal for so long nobody is held to a part: what all want may be far from what the server allows. */
const limitedMs = 300_000;
/** How many requests the server takes is told of the last one or two of these. */
const stretchMs = 15_000;
/** Whoever was refused then asks more and more seldom. */
const heldUpMs = 600_000;
/** What a mailbox was allowed is remembered for so long after it last asked. */
const rememberedMs = 3_600_000;
/** So often a request that is under way alone is put down to the others, in a row. */
const mostRefusedAlone = 3;

/** When a request left, and how many were under way with it: of its mailbox, and of all. */
export interface Left {
  atMs: number;
  underWay: number;
  ofAll: number;
}

interface Waiting {
  place: SharedPlace;
  start: () => void;
}

/**
 * The turns of all mailboxes of a process at one connector's server. They are without limit until the server shows one that the mailboxes
 * share; from then on they keep below it together, and it is divided evenly: next is whoever has the fewest requests under way, and of
 * several the one whose last turn began first. Processes that tell each other leave each other what is theirs by the number of mailboxes.
 */
export class SharedTurns {
  private readonly width: AdaptiveWidth;
  private readonly places = new Map<string, SharedPlace>();
  private readonly waiting: Waiting[] = [];
  private taken = 0;
  /** The most that were under way with one that was answered, in the latest stretch of time and in the one before. */
  private mostAnswered = { now: 0, before: 0, sinceMs: -Infinity };
  /** When the server had too many of all mailboxes together last. */
  private refusedAtMs = -Infinity;
  private turn = 0;
  /** Mailboxes at work elsewhere, and what is left to this process beside them. */
  private others = 0;
  private part = Infinity;

  constructor(private readonly clock: Clock) {
    this.width = new AdaptiveWidth(Infinity, Infinity, () => this.atWork);
  }

  /** How many requests are under way, of all mailboxes. */
  get underWay(): number {
    return this.taken;
  }

  /** How many may be under way now; `Infinity` before any limit was met. */
  get requests(): number {
    return Math.min(this.width.requests, this.part);
  }

  /** How many mailboxes came or asked for something lately; at least 1. */
  get atWork(): number {
    return Math.max(1, this.mailboxes(false));
  }

  /** Whether more than one mailbox is at work, here or elsewhere. */
  get hasSeveral(): boolean {
    return this.mailboxes(false) + this.others > 1;
  }

  /** For the other processes; absent where no mailbox is at work here. */
  get told(): TurnsTold | undefined {
    const mailboxes = this.mailboxes(true);
    if (mailboxes === 0) return undefined;
    const isLimited = this.clock.monotonic() - this.refusedAtMs < limitedMs;
    return { mailboxes, requests: this.answeredLately, isLimited };
  }

  /**
   * To be heard every few seconds where other processes have mailboxes at work, and once when they have none any more.
   * @param others how many mailboxes
   * @param part how many requests this process may have under way; absent: no limit that is shared was met
   */
  hear(others: number, part = Infinity): void {
    this.others = others;
    this.part = part;
    this.wake();
  }

  /** A mailbox's place among the others, the same each time it is asked for while that is not long ago. */
  join(mailbox: string): SharedPlace {
    const since = this.clock.monotonic() - rememberedMs;
    for (const [key, place] of this.places) if (!place.isAtWork(since)) this.places.delete(key);
    const place = this.places.get(mailbox) ?? new SharedPlace(this, mailbox, this.clock.monotonic());
    this.places.set(mailbox, place);
    return place;
  }

  /** @returns once it is this mailbox's turn. Rejects with the signal's reason when aborted meanwhile */
  async take(place: SharedPlace, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    place.askedAt = this.clock.monotonic();
    this.places.set(place.mailbox, place);
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
    this.turnStretch();
    this.mostAnswered.now = Math.max(this.mostAnswered.now, underWay);
    this.width.answered(underWay >= this.width.requests, this.clock.monotonic());
    this.wake();
  }

  /** The server had too many of all mailboxes together. @param underWay how many there were when the request left, at `beganMs` */
  refused(underWay: number, beganMs: number): void {
    this.refusedAtMs = this.clock.monotonic();
    this.width.refused(beganMs, this.refusedAtMs, underWay);
  }

  /** @param heldUpToo also those that were refused last and ask seldom now */
  private mailboxes(heldUpToo: boolean): number {
    const now = this.clock.monotonic();
    let atWork = 0;
    for (const place of this.places.values())
      if (place.isAtWork(now - (heldUpToo && place.isHeldUp ? heldUpMs : atWorkMs))) atWork += 1;
    return atWork;
  }

  private get answeredLately(): number {
    this.turnStretch();
    return Math.max(this.mostAnswered.now, this.mostAnswered.before);
  }

  private turnStretch(): void {
    const { now, sinceMs } = this.mostAnswered;
    const nowMs = this.clock.monotonic();
    if (nowMs - sinceMs < stretchMs) return;
    const before = nowMs - sinceMs < 2 * stretchMs ? now : 0;
    this.mostAnswered = { now: 0, before, sinceMs: nowMs };
  }

  private get isFree(): boolean {
    return this.taken < this.requests;
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

/** One mailbox at a server that others ask, too; and what it was allowed there, which outlives its openings. */
export class SharedPlace {
  underWay = 0;
  waiting = 0;
  lastTurn = 0;
  /** So many at once the server surely had of this mailbox, since it last refused one of as many. */
  private proven = 1;
  /** Refusals of a request that was under way alone, since the last answer. */
  private refusedAlone = 0;

  constructor(
    readonly turns: SharedTurns,
    readonly mailbox: string,
    public askedAt: number,
  ) {}

  isAtWork(since: number): boolean {
    return this.askedAt >= since || this.underWay > 0 || this.waiting > 0;
  }

  /** Whether others are at work beside this mailbox, so that a limit it meets may be theirs, too. */
  get hasOthers(): boolean {
    return this.turns.hasSeveral;
  }

  /** Whether the server refused it last. */
  get isHeldUp(): boolean {
    return this.refusedAlone > 0;
  }

  comesBefore(other: SharedPlace): boolean {
    if (this.underWay !== other.underWay) return this.underWay < other.underWay;
    return this.lastTurn < other.lastTurn;
  }

  answered(left: Left): void {
    this.refusedAlone = 0;
    // One of the others may have been answered before this one arrived.
    this.proven = Math.max(this.proven, left.underWay - 1, 1);
    this.turns.answered(left.ofAll);
  }

  /**
   * The server had too many requests at once.
   * @returns whether that is put down to those of all mailboxes: as many of this one were well before, or none but this request was under way.
   *   One that is refused again and again even so is refused for a reason of its own, such as another program that asks for the same mailbox
   */
  refused(left: Left): boolean {
    const isAlone = left.underWay === 1;
    if (isAlone) this.refusedAlone += 1;
    const isShared = isAlone ? this.refusedAlone <= mostRefusedAlone : left.underWay <= this.proven;
    this.proven = Math.max(1, Math.min(this.proven, left.underWay - 1));
    if (!isShared || !this.hasOthers) return false;
    this.turns.refused(left.ofAll, left.atMs);
    return true;
  }
}
