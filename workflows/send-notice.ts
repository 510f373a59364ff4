import { continueAsNew, sleep, workflowInfo } from '@temporalio/workflow';
import type { MailOrder } from '../activities/mails';
import { growing } from './faults';
import { short } from './proxies';

export interface SendNoticeInput {
  mailUserId: string;
  order: MailOrder;
  mailId: string;
  /** How long it is tried. */
  tryForMs: number;
  accepted?: string[];
  tries?: number;
  since?: number;
}

export interface SendNoticeResult {
  accepted: string[];
  refused?: string;
  delayed?: string;
}

const minute = 60_000;
const hour = 60 * minute;

/** Sends a mail that nobody waits for: again and again, at growing intervals, until it is taken, refused, or too old. */
export async function sendNotice(input: SendNoticeInput): Promise<SendNoticeResult> {
  const { mailUserId, order, mailId, tryForMs, since = Date.now() } = input;
  let { accepted = [], tries = 0 } = input;
  for (;;) {
    const result = await short.sendMail({ mailUserId, order, mailId, accepted });
    if (result.delayed === undefined || Date.now() - since >= tryForMs) return result;
    accepted = result.accepted;
    await sleep(growing(tries, minute, hour));
    tries += 1;
    if (workflowInfo().continueAsNewSuggested)
      await continueAsNew<typeof sendNotice>({ ...input, accepted, tries, since });
  }
}
