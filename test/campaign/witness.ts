import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { createInterface, type Interface } from 'node:readline';
import { python, script, type CountedMailbox, type ExchangeCount } from '../support/exchange-count';
import type { CountedFolder, CountedItem } from './oracle';

/** Mailporter's property set, and the property that holds the stamp of a pair: as docs/exchange.md gives them to administrators. */
const markSet = '6f6f7d0b-5c1e-4c43-9a7d-3b9a5f3e2c81';

/** The key of the item whose copy has these extended properties, as the simulator keeps them; absent where this pair marked nothing. */
export function markedKey(properties: Readonly<Record<string, unknown>>, pairId: string): string | undefined {
  const mark = properties[`${markSet}/stamp ${pairId}:String`];
  return typeof mark === 'string' ? (JSON.parse(mark) as { s: string }).s : undefined;
}

/** An item with what decides where its user may move it. */
export interface SeenItem extends CountedItem {
  folderClass: string;
  /** 1 for items of folders at the top. */
  depth: number;
}

/** A mailbox as it was seen; items in an order that depends on their contents alone. */
export interface SeenMailbox {
  folders: CountedFolder[];
  items: SeenItem[];
}

/** exchangelib, an EWS client that is none of ours, in a process that is kept from run to run: it looks at one mailbox after the other. */
export class Witness {
  private readonly process: ChildProcessWithoutNullStreams;
  private readonly lines: Interface;
  private readonly waiting: { resolve: (line: string) => void; reject: (fault: Error) => void }[] = [];
  private said = '';

  constructor() {
    this.process = spawn(python, [script, 'serve']);
    this.lines = createInterface({ input: this.process.stdout });
    this.lines.on('line', (line) => this.waiting.shift()?.resolve(line));
    this.process.stderr.on(
      'data',
      (text: Buffer) => (this.said = `${this.said}${text.toString()}`.slice(-4000)),
    );
    this.process.once('exit', () => {
      for (const { reject } of this.waiting.splice(0))
        reject(new Error(`the witness has gone: ${this.said}`));
    });
  }

  /**
   * Everything in a mailbox, with the bytes of its messages and attachments.
   * @param pairId of a target: keys are then those of the items that its items are copies of
   */
  async see({ ewsUrl, ca, address, password }: CountedMailbox, pairId?: string): Promise<SeenMailbox> {
    const mark = pairId === undefined ? {} : { mark: `${markSet} stamp ${pairId}` };
    const answer = new Promise<string>((resolve, reject) => this.waiting.push({ resolve, reject }));
    this.process.stdin.write(`${JSON.stringify({ url: ewsUrl, ca, user: address, password, ...mark })}\n`);
    const seen = JSON.parse(await answer) as ExchangeCount | { fault: string };
    if ('fault' in seen) throw new Error(`the witness cannot see ${address}: ${seen.fault}`);
    return seenOf(seen);
  }

  end(): void {
    this.lines.close();
    this.process.kill();
  }
}

function seenOf({ folders }: ExchangeCount): SeenMailbox {
  const items = folders.flatMap(({ path, folderClass, keyed = [] }) =>
    keyed.map(([key, hash, facts]) => ({
      path: pathOf(path),
      key,
      hash,
      facts,
      folderClass: folderClass ?? '',
      depth: path.length,
    })),
  );
  const orderOf = ({ path, hash }: SeenItem) => `${path} ${hash}`;
  return {
    folders: folders.map(({ path, folderClass }) => ({ path: pathOf(path), folderClass: folderClass ?? '' })),
    items: items.sort((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1)),
  };
}

/** As the control API of the simulator takes it: a slash before each name, those within one escaped. */
function pathOf(names: readonly string[]): string {
  return names.map((name) => `/${name.replace(/[\\/]/g, '\\$&')}`).join('');
}
