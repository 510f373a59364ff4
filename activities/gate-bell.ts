import { setTimeout as pause } from 'node:timers/promises';
import type { ActivityDeps } from './deps';
import { gateId } from '../workflows/names';
import { signals } from '../workflows/messages';

/** Between two rings of one worker. */
const restMs = 500;

/**
 * Has the gate look before its time. Whoever rings is heard at once, and thousands that ring together are heard as one: each ring is a
 * signal to the one workflow that all of them wait for. A ring that is lost costs time only; the gate looks by itself.
 */
export class GateBell {
  private isWanted = false;
  private isRinging = false;

  constructor(private readonly deps: Pick<ActivityDeps, 'client' | 'log'>) {}

  /** Never rejects; the gate is told in the background. */
  ring(): void {
    this.isWanted = true;
    if (!this.isRinging) void this.ringUntilHeard();
  }

  private async ringUntilHeard(): Promise<void> {
    this.isRinging = true;
    while (this.isWanted) {
      this.isWanted = false;
      await this.tell();
      await pause(restMs, undefined, { ref: false });
    }
    this.isRinging = false;
  }

  private async tell(): Promise<void> {
    const { client, log } = this.deps;
    try {
      await client.workflow.getHandle(gateId).signal(signals.wake);
    } catch (error) {
      log.debug({ err: error }, 'the gate cannot be told');
    }
  }
}
