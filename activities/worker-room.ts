import { setTimeout as pause } from 'node:timers/promises';
import type { Logger } from '../src/log';
import { forgetRoom, sayRoom } from '../src/models/worker-rooms';

/** How often it is said again that this worker lives. */
const beatMs = 3_000;

/** A mailbox that was closed waits no longer for a database that is away. */
const sayLeftMs = 1_000;

export interface WorkerRoomOptions {
  log: Logger;
  workerQueue: string;
  /** Mailboxes open at once. */
  capacity: number;
}

/**
 * The room that this process has for mailboxes, which it tells the gate: what is taken before it says that it has begun with a mailbox,
 * what is free before the mailbox's slots are given back. So the gate never takes for free what is taken.
 */
export class WorkerRoom {
  private open = 0;
  private hasEnded = false;
  private said: Promise<void> = Promise.resolve();
  private isToBeSaid = false;
  private beating?: NodeJS.Timeout;

  constructor(private readonly options: WorkerRoomOptions) {}

  get capacity(): number {
    return this.options.capacity;
  }

  /** Says what room there is, now and every few seconds until it ends. Never rejects. */
  async begin(): Promise<void> {
    this.beating = setInterval(() => void this.say(), beatMs).unref();
    await this.say();
  }

  /** Says that there is no room any more: the process opens no more mailboxes. Never rejects. */
  async end(): Promise<void> {
    clearInterval(this.beating);
    this.hasEnded = true;
    await this.say();
  }

  /** Takes room for one mailbox until what is returned is disposed of; returned once it is said. Never rejects. */
  async take(): Promise<AsyncDisposable> {
    this.open += 1;
    await this.say();
    const leave = async () => {
      this.open -= 1;
      await Promise.race([this.say(), pause(sayLeftMs, undefined, { ref: false })]);
    };
    return { [Symbol.asyncDispose]: leave };
  }

  /** Resolves when what holds now is written, or cannot be. One is written after the other, so that the newest stays. */
  private say(): Promise<void> {
    if (!this.isToBeSaid) {
      this.isToBeSaid = true;
      this.said = this.said.then(() => {
        this.isToBeSaid = false;
        return this.write();
      });
    }
    return this.said;
  }

  private async write(): Promise<void> {
    const { workerQueue: _id, capacity, log } = this.options;
    try {
      if (this.hasEnded) await forgetRoom(_id);
      else await sayRoom({ _id, capacity, open: this.open });
    } catch (error) {
      log.warn({ err: error }, 'what room this worker has is not said just now');
    }
  }
}
