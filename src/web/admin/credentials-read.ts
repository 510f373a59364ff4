import type { Side } from '../../domain/mailbox';
import { readTable, type Unreadable } from './import-read';

/** One line of **Give credentials**; plain text lives only here, until it is sealed. */
export interface TypedLine {
  line: number;
  /** In lower case. */
  addressKey: string;
  passwords: { side: Side; password: string }[];
}

/** Faulty lines are told by their numbers alone: what stands there is a secret. */
export type ReadCredentials =
  { ok: true; lines: TypedLine[] } | { ok: false; why: Unreadable } | { ok: false; faultyLines: number[] };

const columns = ['sourceemail', 'sourcepassword', 'targetpassword'] as const;
const longestPassword = 1000;

/** Reads `SourceEmail;SourcePassword;TargetPassword`, in any order; one of the passwords may be missing or empty. */
export function readCredentials(content: Buffer, most: number): ReadCredentials {
  const table = readTable(content);
  if ('why' in table) return { ok: false, why: table.why };
  const { head, body } = table;
  const names = head.cells.map((cell) => cell.replace('\ufeff', '').trim().toLowerCase());
  const [address, source, target] = columns.map((column) => names.indexOf(column)) as [
    number,
    number,
    number,
  ];
  if (address < 0 || (source < 0 && target < 0))
    return {
      ok: false,
      why: { kind: 'columnsMissing', columns: ['SourceEmail', 'SourcePassword', 'TargetPassword'] },
    };
  if (body.length === 0) return { ok: false, why: { kind: 'empty' } };
  if (body.length > most) return { ok: false, why: { kind: 'tooManyRows', rows: body.length } };
  const seen = new Set<string>();
  const faultyLines: number[] = [];
  const lines = body.map(({ line, cells }): TypedLine => {
    const addressKey = (cells[address] ?? '').trim().toLowerCase();
    const passwords = [
      { side: 'source' as const, password: cells[source] ?? '' },
      { side: 'target' as const, password: cells[target] ?? '' },
    ].filter(({ password }) => password !== '');
    const isLong = passwords.some(({ password }) => password.length > longestPassword);
    const isMisplaced = cells.length > head.cells.length;
    if (addressKey === '' || seen.has(addressKey) || passwords.length === 0 || isLong || isMisplaced)
      faultyLines.push(line);
    seen.add(addressKey);
    return { line, addressKey, passwords };
  });
  return faultyLines.length > 0 ? { ok: false, faultyLines } : { ok: true, lines };
}
