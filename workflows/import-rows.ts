import { continueAsNew, setCurrentDetails, workflowInfo } from '@temporalio/workflow';
import type { ImportRowsInput } from './messages';
import { listing } from './proxies';

/** Lists the rows of an import and, where that was asked for, starts them; chunk by chunk, each repeatable. */
export async function importRows(input: ImportRowsInput): Promise<void> {
  for (;;) {
    const { more, done, total } = await listing.importChunk(input);
    setCurrentDetails(`chunk ${done}, ${total} rows in all`);
    if (!more) return;
    if (workflowInfo().continueAsNewSuggested) await continueAsNew<typeof importRows>(input);
  }
}
