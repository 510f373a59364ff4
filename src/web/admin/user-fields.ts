import type { Response } from 'express';
import type { Types } from 'mongoose';
import {
  readRow,
  recipientTypes,
  type MailUserRow,
  type RowCells,
  type RowColumn,
  type RowFault,
} from '../../domain/mail-user-row';
import { languages } from '../../locales';
import { listConnectors } from '../../models/connector-list';
import { batchNames } from '../../models/mail-user-list';
import type { MailboxOfRow, MailUser } from '../../models/mail-users';
import { formView, type FieldFault, type Fields } from '../forms';
import type { FixedFor } from './fixed-mailboxes';

/** The fields of **Create Single** and **Edit**: how they are read, and how they are shown. */

const cellsOfForm: readonly RowColumn[] = [
  'FirstName',
  'LastName',
  'SourceEmail',
  'TargetEmail',
  'SourceRecipientType',
  'TargetRecipientType',
  'BatchName',
  'Language',
  'SourceUserName',
  'TargetUserName',
  'InvitationEmail',
];

/** A row as the form gives it. */
export type TypedRow = Omit<MailUserRow, 'source' | 'target'> & {
  source: MailboxOfRow;
  target: MailboxOfRow;
};
type ReadFields = { ok: true; row: TypedRow } | { ok: false; faults: FieldFault[] };

export async function readFields(fields: Fields): Promise<ReadFields> {
  const cells: RowCells = Object.fromEntries(cellsOfForm.map((name) => [name, fields[name] ?? '']));
  const read = readRow(cells);
  const connectors = await listConnectors();
  const chosen = (side: 'source' | 'target') =>
    connectors.find((each) => each.side === side && each._id.toHexString() === fields[side]);
  const [source, target] = [chosen('source'), chosen('target')];
  const faults: FieldFault[] = 'faults' in read ? read.faults.map(fieldFault) : [];
  // As they stand in the form: the first that is unshifted comes last.
  if (target === undefined) faults.unshift({ field: 'target', key: 'admin.users.faults.target' });
  if (source === undefined) faults.unshift({ field: 'source', key: 'admin.users.faults.source' });
  if ('faults' in read || source === undefined || target === undefined) return { ok: false, faults };
  const row = {
    ...read.row,
    source: mailboxOf(source._id, read.row.source),
    target: mailboxOf(target._id, read.row.target),
  };
  return { ok: true, row };
}

function mailboxOf(connectorId: Types.ObjectId, mailbox: MailUserRow['source']): MailboxOfRow {
  return { connectorId, ...mailbox, addressKey: mailbox.address.toLowerCase() };
}

/** What `readRow` found, beside the field of the form. */
function fieldFault({ kind, column, value }: RowFault): FieldFault {
  return { field: column ?? 'SourceEmail', key: `admin.rowFaults.${kind}`, values: { value } };
}

export function fieldsOfUser(user: MailUser): Fields {
  return {
    ...fixedFields(user),
    FirstName: user.firstName,
    LastName: user.lastName,
    BatchName: user.batch,
    Language: user.language ?? '',
    SourceUserName: user.source.userName ?? '',
    TargetUserName: user.target.userName ?? '',
    InvitationEmail: user.invitationEmail ?? '',
  };
}

export async function showForm(
  response: Response,
  fields: Fields,
  faults: readonly FieldFault[],
  edited?: { user: MailUser; fixed: FixedFor | undefined },
): Promise<void> {
  const user = edited?.user;
  const [connectors, batches] = await Promise.all([listConnectors(), batchNames()]);
  const choices = (side: 'source' | 'target') => [
    { value: '', key: 'admin.users.choose' },
    ...connectors
      .filter((each) => each.side === side)
      .map(({ _id, name }) => ({ value: _id.toHexString(), text: name })),
  ];
  const more = [
    'SourceRecipientType',
    'TargetRecipientType',
    'SourceUserName',
    'TargetUserName',
    'InvitationEmail',
    'Language',
  ];
  response.render('admin/users/form', {
    ...formView({ SourceRecipientType: 'Standard', TargetRecipientType: 'Standard', ...fields }, faults),
    title: user === undefined ? 'admin.users.createSingle' : 'admin.users.editTitle',
    user,
    mailboxesFixed: edited?.fixed,
    sources: choices('source'),
    targets: choices('target'),
    batches,
    recipientTypes: recipientTypes.map((value) => ({ value, key: `admin.users.recipientTypes.${value}` })),
    languages: [
      { value: '', key: 'admin.users.organisationsLanguage' },
      ...languages.map((value) => ({ value, key: `admin.languages.${value}` })),
    ],
    moreOpen: more.some(
      (name) =>
        faults.some(({ field }) => field === name) || !['', undefined, 'Standard'].includes(fields[name]),
    ),
  });
}

/** What the fields of the mailboxes hold where they stay as they are. */
export function fixedFields({ source, target }: MailUser): Record<string, string> {
  return {
    source: source.connectorId.toHexString(),
    target: target.connectorId.toHexString(),
    SourceEmail: source.address,
    TargetEmail: target.address,
    SourceRecipientType: source.recipientType,
    TargetRecipientType: target.recipientType,
  };
}

/** What `written` found: another row has this source mailbox. */
export const alreadyListed: FieldFault = { field: 'SourceEmail', key: 'admin.users.faults.alreadyListed' };

/** @returns false where another row has this source mailbox */
export async function written(work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    if ((error as { code?: unknown }).code === 11000) return false;
    throw error;
  }
}
