import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from '../src/log';
import { forgetRoom, lastWord, livingRooms, sayRoom } from '../src/models/worker-rooms';
import type { ConnectorTurns } from './connector-turns';

/** How often it is said again that this worker lives. */
const beatMs = 3_000;

/** For longer a database that does not answer is not waited for at a time. What it does after that the next beat puts right. */
const answersWithinMs = 1_000;

export interface WorkerRoomOptions {
  log: Logger;
  workerQueue: string;
  /** Mailboxes open at once. */
  capacity: number;
  /** What is told to the other workers with it, and heard of them. */
  turns: Pick<ConnectorTurns, 'told' | 'hear'>;
  /** Rejects where Temporal does not answer: whoever is cut off from it has room for nobody, and falls silent. */
  reachTemporal: () => Promise<unknown>;
}

/**
 * The room that this process has for mailboxes, as it tells the gate. Taken room is said before its mailbox counts as begun, so that the
 * gate takes none for free that is taken; free room before the mailbox's slots are given back, so that the gate, which looks then, knows.
 */
export class WorkerRoom {
  private open = 0;
  private isEnding = false;
  private said: Promise<void> = Promise.resolve();
  private isToBeSaid = false;
  private beating?: NodeJS.Timeout;
  private isBeating = false;

  constructor(private readonly options: WorkerRoomOptions) {}

  get capacity(): number {
    return this.options.capacity;
  }

  /** Whether the process is ending: it opens no more mailboxes, and others go on with those that it has. */
  get hasEnded(): boolean {
    return this.isEnding;
  }

  /** Says what room there is, now and every few seconds until it ends. Resolves once it is said, or cannot be; never rejects. */
  async begin(): Promise<void> {
    this.beating = setInterval(() => void this.beat(), beatMs).unref();
    await this.say();
  }

  /** Says that there is no room any more. Resolves once it is said, or cannot be; never rejects. */
  async end(): Promise<void> {
    clearInterval(this.beating);
    this.isEnding = true;
    await this.say();
  }

  /** Takes room for one mailbox until what is returned is disposed of. Both resolve once it is said, or cannot be; neither rejects. */
  async take(): Promise<AsyncDisposable> {
    this.open += 1;
    await this.say();
    const leave = async () => {
      this.open -= 1;
      await this.say();
    };
    return { [Symbol.asyncDispose]: leave };
  }

  private async beat(): Promise<void> {
    if (this.isBeating) return;
    this.isBeating = true;
    try {
      await this.options.reachTemporal();
      await this.say();
    } catch (error) {
      const text = 'Temporal does not answer: what room this worker has is not said';
      this.options.log.warn({ err: error }, text);
    }
    await inTime(this.hear());
    this.isBeating = false;
  }

  private async hear(): Promise<void> {
    const { workerQueue, turns, log } = this.options;
    try {
      const rooms = await livingRooms();
      const told = new Map(rooms.map((room) => [room._id, room.turns ?? {}]));
      turns.hear(told, workerQueue, lastWord(rooms));
    } catch (error) {
      log.warn({ err: error }, 'what other workers say is not heard just now');
    }
  }

  /** Resolves when what holds now is written, or cannot be. One is written after the other, so that the newest stays. */
  private say(): Promise<void> {
    if (!this.isToBeSaid) {
      this.isToBeSaid = true;
      this.said = this.said.then(() => {
        this.isToBeSaid = false;
        return inTime(this.write());
      });
    }
    return this.said;
  }

  private async write(): Promise<void> {
    const { workerQueue: _id, capacity, turns, log } = this.options;
    try {
      if (this.isEnding) await forgetRoom(_id);
      else await sayRoom({ _id, capacity, open: this.open, turns: turns.told });
    } catch (error) {
      log.warn({ err: error }, 'what room this worker has is not said just now');
    }
  }
}

async function inTime(asked: Promise<void>): Promise<void> {
  await Promise.race([asked, pause(answersWithinMs, undefined, { ref: false })]);
}
