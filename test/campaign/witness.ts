import { countMailbox, type CountedMailbox } from '../support/exchange-count';
import type { CountedItem } from './oracle';

/** Mailporter's property set, and the property that holds the stamp of a pair: as docs/exchange.md gives them to administrators. */
const markSet = '6f6f7d0b-5c1e-4c43-9a7d-3b9a5f3e2c81';

/** An item of the source, with what decides where it may be moved. */
export interface SourceItem extends CountedItem {
  folderClass: string;
  /** 1 for items of folders at the top. */
  depth: number;
}

/**
 * The items of a mailbox as exchangelib sees them; in an order that depends on their contents alone.
 * @param pairId of a target: keys are then those of the items that its items are copies of
 */
export async function witness(mailbox: CountedMailbox, pairId?: string): Promise<SourceItem[]> {
  const mark = pairId === undefined ? {} : { mark: `${markSet} stamp ${pairId}` };
  const { folders } = await countMailbox(mailbox, mark);
  const items = folders.flatMap(({ path, folderClass, keyed = [] }) =>
    keyed.map(([key, hash]) => ({ path: pathOf(path), key, hash, folderClass, depth: path.length })),
  );
  const orderOf = ({ path, hash }: SourceItem) => `${path} ${hash}`;
  return items.sort((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1));
}

/** As the control API of the simulator takes it: a slash before each name, those within one escaped. */
function pathOf(names: readonly string[]): string {
  return names.map((name) => `/${name.replace(/[\\/]/g, '\\$&')}`).join('');
}
