import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
/** Debian's own Python: the one that has exchangelib. */
export const python = '/usr/bin/python3';
export const script = join(__dirname, 'exchange_count.py');

/** What exchangelib, an EWS client that is none of ours, sees in a mailbox. */
export interface ExchangeCount {
  mailbox: string;
  items: number;
  classes: Record<string, number>;
  folders: {
    path: string[];
    /** Null where the folder has none. */
    folderClass: string | null;
    items: number;
    /** Each item by its id, or by what the mark on it names, with the hash of its content; only of the witness that serves. */
    keyed?: [string | null, string, FilteredFacts][];
  }[];
}

/** What a filter goes by. */
export interface FilteredFacts {
  itemClass: string;
  sizeBytes: number | null;
  /** When it came, or begins; ISO 8601, null where it has no date. */
  date: string | null;
  isSeries: boolean;
  /** A hash of each property that the item's hash was made of. */
  parts?: Record<string, string>;
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

/** Reads a whole mailbox. */
export async function countMailbox({
  ewsUrl,
  ca,
  address,
  password,
}: CountedMailbox): Promise<ExchangeCount> {
  const args = [script, 'count', '--url', ewsUrl, '--ca', ca, '--user', address];
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
