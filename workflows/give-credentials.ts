import { continueAsNew, setCurrentDetails, workflowInfo } from '@temporalio/workflow';
import type { GiveCredentialsInput } from './messages';
import { listing } from './proxies';

/** Signs in many users, one after the other, a minute's worth at a time; the pages read its progress from its document. */
export async function giveCredentials(input: GiveCredentialsInput): Promise<void> {
  for (;;) {
    const { more, done, total } = await listing.giveChunk(input);
    setCurrentDetails(`${done} of ${total} rows`);
    if (!more) return;
    if (workflowInfo().continueAsNewSuggested) await continueAsNew<typeof giveCredentials>(input);
  }
}
