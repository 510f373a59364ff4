/** What an uploaded list of mail users may hold, and what makes a row of it good. Pure; names as `docs` and pages give them. */

export const recipientTypes = ['Standard', 'Archive', 'SharedMailbox', 'RoomsAndEquipment'] as const;
export type RecipientType = (typeof recipientTypes)[number];

/** The columns every list has; names may stand in any order and letter case. */
export const rowColumns = [
  'FirstName',
  'LastName',
  'SourceEmail',
  'TargetEmail',
  'SourceRecipientType',
  'TargetRecipientType',
  'BatchName',
] as const;
/** The columns a list may have beside. */
export const extraColumns = ['Language', 'SourceUserName', 'TargetUserName', 'InvitationEmail'] as const;
export type RowColumn = (typeof rowColumns)[number] | (typeof extraColumns)[number];

/** Columns without which no row can be read. */
const neededColumns = ['SourceEmail', 'TargetEmail'] as const satisfies readonly RowColumn[];

/** The batch of rows that name none. */
export const defaultBatch = 'Default';

/** A row that can be listed; addresses as typed and trimmed. */
export interface MailUserRow {
  firstName: string;
  lastName: string;
  source: { address: string; recipientType: RecipientType; userName?: string };
  target: { address: string; recipientType: RecipientType; userName?: string };
  batch: string;
  /** A two-letter language. */
  language?: string;
  invitationEmail?: string;
}

/** Why a row, or a whole list, is not taken; texts are `admin.rowFaults.<kind>`. */
export const rowFaultKinds = [
  'addressMissing',
  'addressBad',
  'recipientTypeUnknown',
  'archiveNotYet',
  'invitationEmailNeeded',
  'userNameNeeded',
  'languageUnknown',
  'tooLong',
  'sourceTwice',
  'sameMailbox',
  'addressesKept',
  'columnsWrong',
] as const;
export type RowFaultKind = (typeof rowFaultKinds)[number];

export interface RowFault {
  kind: RowFaultKind;
  column: RowColumn | undefined;
  /** What stood there, or the line it clashes with. */
  value: string;
}

export interface Header {
  /** The column of each place; `undefined` for one that is not ours and is left out. */
  places: (RowColumn | undefined)[];
  unknown: string[];
  missing: RowColumn[];
  twice: RowColumn[];
}

/** Reads a header: any order, any letter case, spaces around names are nothing. */
export function readHeader(cells: readonly string[]): Header {
  const known = new Map<string, RowColumn>(
    [...rowColumns, ...extraColumns].map((name) => [name.toLowerCase(), name]),
  );
  const places = cells.map((cell) => known.get(cell.trim().toLowerCase()));
  return {
    places,
    unknown: cells
      .map((cell) => cell.trim())
      .filter((cell, place) => cell !== '' && places[place] === undefined),
    missing: neededColumns.filter((column) => !places.includes(column)),
    twice: [...known.values()].filter((column) => places.filter((place) => place === column).length > 1),
  };
}

/** The cells of a row by column; absent and empty are the same. */
export type RowCells = Partial<Record<RowColumn, string>>;

/** The longest an address may be (RFC 5321 4.5.3.1.3, without the angle brackets). */
const greatestAddressLength = 254;
const greatestTextLength = 200;

/** Whether this is one e-mail address: one `@`, a domain of two or more labels, nothing that could break a mail's header. */
export function isAddress(text: string): boolean {
  return (
    text.length <= greatestAddressLength &&
    /^[^\s\p{Cc}@<>"(),:;\\[\]]{1,64}@(?=[^@]{1,253}$)[\p{L}\p{N}](?:[\p{L}\p{N}-]*[\p{L}\p{N}])?(?:\.[\p{L}\p{N}](?:[\p{L}\p{N}-]*[\p{L}\p{N}])?)+$/u.test(
      text,
    )
  );
}

/** Reads one row; every fault of it is told, not only the first. */
export function readRow(cells: RowCells): { row: MailUserRow } | { faults: RowFault[] } {
  const faults: RowFault[] = [];
  const text = (column: RowColumn): string => {
    const value = (cells[column] ?? '').trim();
    if (value.length > greatestTextLength && !column.endsWith('Email'))
      faults.push({ kind: 'tooLong', column, value: value.slice(0, 40) });
    return value;
  };
  const source = readMailbox('Source', text, faults);
  const target = readMailbox('Target', text, faults);
  const invitationEmail = text('InvitationEmail');
  if (invitationEmail !== '' && !isAddress(invitationEmail))
    faults.push({ kind: 'addressBad', column: 'InvitationEmail', value: invitationEmail.slice(0, 80) });
  const language = text('Language').toLowerCase();
  if (language !== '' && !/^[a-z]{2}$/.test(language))
    faults.push({ kind: 'languageUnknown', column: 'Language', value: language.slice(0, 40) });
  if (isShared(source.recipientType) && invitationEmail === '')
    faults.push({ kind: 'invitationEmailNeeded', column: 'InvitationEmail', value: source.recipientType });
  if (faults.length > 0) return { faults };
  const optional = {
    ...(language === '' ? {} : { language }),
    ...(invitationEmail === '' ? {} : { invitationEmail }),
  };
  const batch = text('BatchName') || defaultBatch;
  return {
    row: { firstName: text('FirstName'), lastName: text('LastName'), source, target, batch, ...optional },
  };
}

/** Nobody signs in as such a mailbox: a person with full access does, under that person's name. */
function isShared(type: RecipientType): boolean {
  return type === 'SharedMailbox' || type === 'RoomsAndEquipment';
}

function readMailbox(
  side: 'Source' | 'Target',
  text: (column: RowColumn) => string,
  faults: RowFault[],
): MailUserRow['source'] {
  const address = text(`${side}Email`);
  if (address === '') faults.push({ kind: 'addressMissing', column: `${side}Email`, value: '' });
  else if (!isAddress(address))
    faults.push({ kind: 'addressBad', column: `${side}Email`, value: address.slice(0, 80) });
  const typed = text(`${side}RecipientType`);
  const recipientType = recipientTypes.find(
    (type) => type.toLowerCase() === (typed || 'Standard').toLowerCase(),
  );
  if (recipientType === undefined)
    faults.push({ kind: 'recipientTypeUnknown', column: `${side}RecipientType`, value: typed.slice(0, 40) });
  if (recipientType === 'Archive')
    faults.push({ kind: 'archiveNotYet', column: `${side}RecipientType`, value: typed });
  const userName = text(`${side}UserName`);
  if (recipientType !== undefined && isShared(recipientType) && userName === '')
    faults.push({ kind: 'userNameNeeded', column: `${side}UserName`, value: recipientType });
  return { address, recipientType: recipientType ?? 'Standard', ...(userName === '' ? {} : { userName }) };
}

/** What two rows must not share: a mailbox is connector + address + recipient type; within one list the connector is the same. */
export function mailboxKey({
  address,
  recipientType,
}: Pick<MailUserRow['source'], 'address' | 'recipientType'>): string {
  return `${address.toLowerCase()} ${recipientType}`;
}
