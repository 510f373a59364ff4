import {
  condition,
  continueAsNew,
  defineSignal,
  setCurrentDetails,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import { signals } from './messages';
import { listing, short } from './proxies';

/** How the gate goes about it; all in ms. */
export interface GateInput {
  /** Between looks while somebody waits. */
  busyMs: number;
  /** Between looks while nobody waits, and between looks for slots of the dead. */
  idleMs: number;
  /** How long an answer is waited for before a holder is told again. */
  tellAgainMs: number;
  /** Events of history after which it continues as new, where the server does not suggest it sooner. */
  historyEvents: number;
  /** What the run before knew of whose turn it is. */
  turns?: string[];
}

/** Above what an attempt takes at most. After it another takes the place of one whose worker has died: until then nobody is let in. */
const startToCloseTimeout = '30 seconds';

const wake = defineSignal(signals.wake);

/** Hands the slots of the connectors to those who wait, in fair order, and frees the slots of the dead. One of it runs, for good. */
export async function gate(input: GateInput): Promise<never> {
  let isAwake = false;
  setHandler(wake, () => {
    isAwake = true;
  });
  let { turns = [] } = input;
  let freedAt = 0;
  for (;;) {
    isAwake = false;
    const { held, waiting, ...granted } = await short.grantSlots.executeWithOptions({ startToCloseTimeout }, [
      { tellAgainMs: input.tellAgainMs, turns },
    ]);
    turns = granted.turns ?? turns;
    setCurrentDetails(`${held} mailboxes have slots, ${waiting} wait`);
    if (Date.now() - freedAt >= input.idleMs) {
      await listing.freeDeadSlots();
      freedAt = Date.now();
    }
    const { continueAsNewSuggested, historyLength } = workflowInfo();
    if (continueAsNewSuggested || historyLength >= input.historyEvents)
      return continueAsNew<typeof gate>({ ...input, turns });
    await condition(() => isAwake, waiting > 0 ? input.busyMs : input.idleMs);
  }
}
