import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
/** Debian's own Python: the one that has exchangelib. */
const python = '/usr/bin/python3';
const script = join(__dirname, 'exchange_count.py');

/** What exchangelib, an EWS client that is none of ours, sees in a mailbox. */
export interface ExchangeCount {
  mailbox: string;
  items: number;
  classes: Record<string, number>;
  folders: {
    path: string[];
    folderClass: string;
    items: number;
    /** Each item by its id, or by what the mark on it names, with the hash of its content; only where keys were asked for. */
    keyed?: [string | null, string][];
  }[];
}

export interface ExchangeDifference {
  equal: boolean;
  lost: number;
  doubled: number;
  extra: number;
  missingFolders: string[];
}

/** How a mailbox is reached. */
export interface CountedMailbox {
  ewsUrl: string;
  ca: string;
  address: string;
  password: string;
}

/**
 * Reads a whole mailbox.
 * @param keyed asks for every item's key; `mark` is the `GUID name` of a string property that names the item which was copied
 */
export async function countMailbox(
  { ewsUrl, ca, address, password }: CountedMailbox,
  keyed?: { mark?: string },
): Promise<ExchangeCount> {
  const args = [script, 'count', '--url', ewsUrl, '--ca', ca, '--user', address];
  if (keyed) args.push('--keys');
  if (keyed?.mark !== undefined) args.push('--mark', keyed.mark);
  const env = { ...process.env, EXCHANGE_PASSWORD: password };
  const { stdout } = await run(python, args, { env, maxBuffer: 256 * 1024 * 1024 });
  return JSON.parse(stdout) as ExchangeCount;
}

/** What the target lacks of the source, has twice, or has beside it; item by item, by a hash of what a copy must carry. */
export async function compareCounts(
  source: ExchangeCount,
  target: ExchangeCount,
): Promise<ExchangeDifference> {
  const folder = mkdtempSync(join(tmpdir(), 'mailporter-count-'));
  try {
    const files = [source, target].map((count, index) => {
      const file = join(folder, `${index}.json`);
      writeFileSync(file, JSON.stringify(count));
      return file;
    });
    // It ends with 1 where there are differences, and prints them all the same.
    const { stdout } = await run(python, [script, 'compare', ...files], {
      maxBuffer: 64 * 1024 * 1024,
    }).catch((fault: { code?: number; stdout?: string }) => {
      if (fault.code === 1 && fault.stdout) return { stdout: fault.stdout };
      throw fault;
    });
    return JSON.parse(stdout) as ExchangeDifference;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
