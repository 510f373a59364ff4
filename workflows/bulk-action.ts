import { continueAsNew, setCurrentDetails, workflowInfo } from '@temporalio/workflow';
import type { BulkActionInput } from './messages';
import { listing } from './proxies';

/** Does one thing to many rows, a minute's worth at a time; the pages read its progress from its document. */
export async function bulkAction(input: BulkActionInput): Promise<void> {
  for (;;) {
    const { more, done, total } = await listing.bulkChunk(input);
    setCurrentDetails(`${input.action}: ${done} of ${total} rows`);
    if (!more) return;
    if (workflowInfo().continueAsNewSuggested) await continueAsNew<typeof bulkAction>(input);
  }
}
