import * as slots from '../src/models/slots';
import type { ActivityDeps } from './deps';
import { gateId } from '../workflows/names';
import { signals } from '../workflows/messages';

export interface AskForSlotInput {
  mailUserId: string;
  epoch: number;
  ticket: string;
  batch: string;
  sourceConnectorId: string;
  targetConnectorId: string;
}

export interface SlotInput {
  mailUserId: string;
  ticket: string;
}

/** A mail user's side of the slots; the gate's is in `grant-slots.ts`. All are harmless when repeated. */
export function createSlotActivities({ client, log }: Pick<ActivityDeps, 'client' | 'log'>) {
  /** The gate looks by itself every minute; being told only makes it quicker. */
  const wakeGate = async () => {
    try {
      await client.workflow.getHandle(gateId).signal(signals.wake);
    } catch (error) {
      log.debug({ err: error }, 'the gate cannot be told');
    }
  };
  return {
    /** Asks for slots of both connectors, or says again that this ticket waits. Answers whether it has them already. */
    async askForSlot({ mailUserId, ...asked }: AskForSlotInput): Promise<boolean> {
      const { granted, isNew } = await slots.askForSlot({ _id: mailUserId, ...asked }, new Date());
      // Thousands that say again that they wait would leave the gate no rest.
      if (isNew) await wakeGate();
      return granted;
    },

    /** Answers whether the ticket has its slots; if so the gate no longer tells it. */
    async takeSlot({ mailUserId, ticket }: SlotInput): Promise<boolean> {
      return slots.takeSlot(mailUserId, ticket, new Date());
    },

    /** Gives back what this ticket has or waits for, and nothing else. */
    async releaseSlot({ mailUserId, ticket }: SlotInput): Promise<void> {
      await slots.releaseSlot(mailUserId, ticket);
      await wakeGate();
    },
  };
}
