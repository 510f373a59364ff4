import type { Readable } from 'node:stream';
import type { ReadItem } from '../connectors/connector';
import type { Fault } from '../domain/faults';
import { askSource, type Answered } from './ask-source';
import type { FolderCopy } from './folder-copy';
import { brokenOff, nothingLoaded } from './load-parcel';
import type { Parcel } from './parcels';
import { nothingSent, sendParcel, type Sent } from './send-parcel';
import type { Work } from './works';

/**
 * Copies one large item without holding it: what is read is piped into the request that puts it, so that a slow target slows the
 * source down. A share of the budget is set aside for what is on its way in buffers.
 */
export async function sendAlone(copy: FolderCopy, { works }: Parcel): Promise<Sent> {
  const { pair, signal } = copy;
  const [work] = works;
  if (!work) return nothingSent();
  await pair.budget.take(pair.budget.share, signal);
  try {
    let piped: Piped | undefined;
    const read = async (): Promise<Answered[]> => {
      for await (const item of readOne(copy, work)) {
        if ('again' in item) return [{ work, fault: item.again }];
        // Awaited here: to leave the loop ends the request that the item is being read from.
        piped = await outcomeOf(pipe(copy, work, item));
        break;
      }
      return [{ work }];
    };
    const isWanted = () => pair.budget.isWanted;
    // A turn at the source is no place to wait for the target in.
    await pair.targetBackOff.ready(signal, isWanted);
    const reading = pair.sourceBackOff.repeat(signal, () => askSource(copy, [work], read), isWanted);
    const fault = await brokenOff(reading, signal);
    if (fault) return { ...nothingSent(), left: [work], fault, brokenOff: true };
    const refused = await reading;
    if (refused.works.length > 0) return { ...nothingSent(), left: refused.works, fault: refused.fault };
    if (!piped) return { ...nothingSent(), left: [work] };
    if ('thrown' in piped) throw piped.thrown;
    return piped.sent;
  } finally {
    pair.budget.give(pair.budget.share);
  }
}

type Piped = { sent: Sent } | { thrown: unknown };

/** What is thrown once something may have been sent must not pass for a fault of reading, which is repeated. */
async function outcomeOf(sending: Promise<Sent>): Promise<Piped> {
  return sending.then(
    (sent) => ({ sent }),
    (thrown: unknown) => ({ thrown }),
  );
}

function readOne({ pair, session, format, signal }: FolderCopy, { entry }: Work): AsyncIterable<ReadItem> {
  const { sourceKey, changeKey } = entry;
  return pair.source.readItems(session.document.folderKey, [{ sourceKey, changeKey }], format, signal);
}

type Given = Exclude<ReadItem, { again: Fault }>;

async function pipe(copy: FolderCopy, work: Work, item: Given): Promise<Sent> {
  const loaded = nothingLoaded();
  if ('failed' in item) loaded.failed.push({ work, reason: item.failed });
  else if ('gone' in item) loaded.gone.push(work);
  else {
    let stream: Readable | undefined;
    const open = () => (stream ??= item.open());
    loaded.sendings.push({ work, changeKey: item.changeKey, sizeBytes: item.sizeBytes, open });
    try {
      return await sendParcel(copy, loaded, false);
    } finally {
      // The rest of an item the target did not want must not hold up the source.
      (stream ?? item.open()).destroy();
    }
  }
  return sendParcel(copy, loaded, false);
}
