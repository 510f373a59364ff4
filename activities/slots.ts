import * as slots from '../src/models/slots';
import type { ActivityDeps } from './deps';

export interface AskForSlotInput {
  mailUserId: string;
  epoch: number;
  ticket: string;
  sourceConnectorId: string;
  targetConnectorId: string;
  /** Since when its turn counts: whoever was at work before goes on before those who came later. ISO 8601; absent: from now. */
  since?: string;
}

export interface SlotInput {
  mailUserId: string;
  ticket: string;
}

export interface TakeSlotInput extends SlotInput {
  /** Where it asks for a worker again: the opening that it asks for. */
  opening?: number;
}

/** A mail user's side of the slots; the gate's is in `grant-slots.ts`. All are harmless when repeated. */
export function createSlotActivities({ gateBell }: Pick<ActivityDeps, 'gateBell'>) {
  return {
    /** Asks for slots of both connectors, or says again that this ticket waits. Answers whether it has them already. */
    async askForSlot({ mailUserId, since, ...asked }: AskForSlotInput): Promise<boolean> {
      const now = new Date();
      const turn = since === undefined ? now : new Date(since);
      const { granted, isNew } = await slots.askForSlot({ _id: mailUserId, since: turn, ...asked }, now);
      // Who says again that he waits changes nothing for the gate.
      if (isNew) gateBell.ring();
      return granted;
    },

    /** Answers whether the ticket has its slots; if so the gate no longer tells it. */
    async takeSlot({ mailUserId, ticket, opening }: TakeSlotInput): Promise<boolean> {
      return slots.takeSlot(mailUserId, ticket, new Date(), opening);
    },

    /** Gives back what this ticket has or waits for, and nothing else. */
    async releaseSlot({ mailUserId, ticket }: SlotInput): Promise<void> {
      if (await slots.releaseSlot(mailUserId, ticket)) gateBell.ring();
    },
  };
}
