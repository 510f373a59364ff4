import type { Request, Response, Router } from 'express';
import { inTarget } from '../../domain/item-counts';
import { Types } from 'mongoose';
import {
  defaultBatch,
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
import { MailUsers, type MailboxOfRow, type MailUser } from '../../models/mail-users';
import type { WebDeps } from '../deps';
import { PageFault } from '../faults';
import { fieldsOf, formView, type FieldFault, type Fields } from '../forms';
import { startMigration } from '../migrations';
import { actorOf, audit, idOf, notify, textsOf } from './request';
import { unusableConnectors } from './start-rules';

/** **Create Single** and **Edit** */
export function userFormRoutes(router: Router, deps: WebDeps): void {
  router.get('/new', async (_request, response) => {
    const connectors = await listConnectors();
    const only = (side: 'source' | 'target') => {
      const [first, ...others] = connectors.filter((each) => each.side === side);
      return first !== undefined && others.length === 0 ? first._id.toHexString() : '';
    };
    const fields = { source: only('source'), target: only('target'), BatchName: defaultBatch };
    await showForm(response, fields, []);
  });
  router.post('/new', async (request, response) => {
    await create(deps, request, response);
  });
  router.get('/:id/edit', async (request, response) => {
    const user = await findUser(request.params.id);
    await showForm(response, fieldsOfUser(user), [], user);
  });
  router.post('/:id/edit', async (request, response) => {
    await edit(request, response, await findUser(request.params.id));
  });
}

/** The mail user of an address of a page. */
export async function findUser(id: string | undefined): Promise<MailUser> {
  const user = await MailUsers.findById(idOf(id)).lean<MailUser>();
  if (user === null) throw new PageFault('notFound');
  return user;
}

async function create(deps: WebDeps, request: Request, response: Response): Promise<void> {
  const fields = fieldsOf(request.body);
  const read = await readFields(fields);
  if (!read.ok) {
    await showForm(response.status(422), fields, read.faults);
    return;
  }
  const user: MailUser = {
    _id: new Types.ObjectId(),
    ...read.row,
    linkGeneration: 1,
    createdAt: new Date(),
    asked: { credentialIds: [] },
  };
  if (!(await written(() => MailUsers.create(user)))) {
    await showForm(response.status(422), fields, [alreadyListed]);
    return;
  }
  const mailUserId = user._id.toHexString();
  await audit(request, 'mailUserCreated', user.source.address, { mailUserId });
  const t = textsOf(response);
  notify(request, 'success', t('admin.users.created', { address: user.source.address }));
  if (fields['then'] === 'start') await startCreated(deps, request, response, user);
  response.redirect(303, `/admin/users/${mailUserId}`);
}

async function startCreated(
  deps: WebDeps,
  request: Request,
  response: Response,
  user: MailUser,
): Promise<void> {
  const t = textsOf(response);
  const unusable = await unusableConnectors();
  const blocked = [user.source, user.target].map(({ connectorId }) =>
    unusable.get(connectorId.toHexString()),
  );
  const name = blocked.find((each) => each !== undefined);
  if (name !== undefined) {
    notify(request, 'danger', t('admin.users.outcome.connectorUnusable', { name }));
    return;
  }
  const outcome = await startMigration(deps, user, 'start', actorOf(request));
  if (outcome === 'nothing') return;
  await audit(request, 'started', user.source.address, { mailUserId: user._id.toHexString() });
  if (outcome === 'kept') notify(request, 'warning', t('admin.users.outcome.kept', { count: 1 }));
}

async function edit(request: Request, response: Response, user: MailUser): Promise<void> {
  const addressesFixed = hasCopied(user);
  const fields = { ...fieldsOf(request.body), ...(addressesFixed ? fixedFields(user) : {}) };
  const read = await readFields(fields);
  if (!read.ok) {
    await showForm(response.status(422), fields, read.faults, user);
    return;
  }
  const { language, invitationEmail, source, target, ...names } = read.row;
  const unset = {
    ...(language ? {} : { language: true }),
    ...(invitationEmail ? {} : { invitationEmail: true }),
    // Other mailboxes are another pair.
    ...(addressesFixed ? {} : { pairId: true, targetIdentity: true }),
  };
  const set = {
    ...names,
    source,
    target,
    ...(language ? { language } : {}),
    ...(invitationEmail ? { invitationEmail } : {}),
  };
  // The first item may have been copied since the form was opened.
  const none = { $not: { $gt: 0 } };
  const guard = addressesFixed ? {} : { 'counters.copied': none, 'counters.alreadyThere': none };
  let matched = 0;
  const fresh = await written(async () => {
    matched = (await MailUsers.updateOne({ _id: user._id, ...guard }, { $set: set, $unset: unset }))
      .matchedCount;
  });
  if (!fresh) {
    await showForm(response.status(422), fields, [alreadyListed], user);
    return;
  }
  if (matched === 0) throw new PageFault('conflict');
  await audit(request, 'mailUserEdited', source.address, { mailUserId: user._id.toHexString() });
  notify(request, 'success', textsOf(response)('admin.users.saved', { address: source.address }));
  response.redirect(303, `/admin/users/${user._id.toHexString()}`);
}

const alreadyListed: FieldFault = { field: 'SourceEmail', key: 'admin.users.faults.alreadyListed' };

/** @returns false where another row has this source mailbox */
async function written(work: () => Promise<unknown>): Promise<boolean> {
  try {
    await work();
    return true;
  } catch (error) {
    if ((error as { code?: unknown }).code === 11000) return false;
    throw error;
  }
}

/** From the first item on both mailboxes stay what they are. */
function hasCopied({ counters }: MailUser): boolean {
  return counters !== undefined && inTarget(counters) > 0;
}

function fixedFields({ source, target }: MailUser): Record<string, string> {
  return {
    source: source.connectorId.toHexString(),
    target: target.connectorId.toHexString(),
    SourceEmail: source.address,
    TargetEmail: target.address,
    SourceRecipientType: source.recipientType,
    TargetRecipientType: target.recipientType,
  };
}

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

type ReadFields =
  | { ok: true; row: Omit<MailUserRow, 'source' | 'target'> & { source: MailboxOfRow; target: MailboxOfRow } }
  | { ok: false; faults: FieldFault[] };

async function readFields(fields: Fields): Promise<ReadFields> {
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

function fieldsOfUser(user: MailUser): Fields {
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

async function showForm(
  response: Response,
  fields: Fields,
  faults: readonly FieldFault[],
  user?: MailUser,
): Promise<void> {
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
    addressesFixed: user !== undefined && hasCopied(user),
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
