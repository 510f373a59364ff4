import { randomUUID } from 'node:crypto';
import type { Request, Response } from 'express';
import { Types } from 'mongoose';
import { z } from 'zod';
import { shownState } from '../../domain/shown-state';
import { BulkActions } from '../../models/bulk-actions';
import { credentialOwner, Credentials, purgeCredentials } from '../../models/credentials';
import { queryOfSelection, type MailUserSelection } from '../../models/mail-user-filter';
import { countMailUsers, mailUsersMatching, mailUsersOf } from '../../models/mail-user-list';
import { MailUsers, type MailUser } from '../../models/mail-users';
import { isMeant } from '../../domain/administrator-actions';
import { isAskedForRest } from '../../domain/invitation';
import { keptSidesOf } from '../../domain/passwords-kept';
import type { WebDeps } from '../deps';
import { PageFault } from '../faults';
import { fieldsOf, formView, parseForm, type FieldFault } from '../forms';
import { startWithCredentials, type TypedCredential } from '../migrations';
import { startWorkflowOf } from './bulk-start';
import { readCredentials, type ReadCredentials } from './credentials-read';
import { unreadable } from './import-faults';
import { invitationOf } from './invitations';
import { actorOf, audit, notify, textsOf } from './request';
import { backTo, hiddenFields, isEmpty, selectionOf } from './selection';
import { forecast, unusableConnectors } from './start-rules';

/** So many rows at most with one press. */
const mostCredentials = 1000;
const dayMs = 86_400_000;
const sealedAtOnce = 50;

const form = z.object({
  side: z.enum(['source', 'target', 'both'], 'admin.faults.choose'),
  userName: z.string().trim().max(200, 'admin.faults.tooLong').default(''),
  password: z.string().min(1, 'admin.faults.password').max(1000, 'admin.faults.tooLong'),
});

/** What is to be given to whom. */
interface Gift {
  row: MailUser;
  typed: TypedCredential[];
}

export async function showCredentials(
  response: Response,
  selection: MailUserSelection,
  from: unknown,
  fields: Record<string, string> = { side: 'source' },
  faults: readonly FieldFault[] = [],
): Promise<void> {
  const plan = await forecast('giveCredentials', selection);
  // Nothing that may hold a password goes back to the browser.
  const { password: _password, pasted: _pasted, ...shown } = fields;
  response.render('admin/users/credentials', {
    title: 'admin.users.actions.giveCredentials',
    ...formView(shown, faults),
    plan,
    single: plan.selected === 1,
    tooMany: plan.selected > mostCredentials,
    most: mostCredentials,
    sides: (['source', 'target', 'both'] as const).map((value) => ({
      value,
      key: `admin.users.credentials.${value}`,
      askedForRest: value === 'both' ? 0 : plan.askedForRest[value],
    })),
    hidden: hiddenFields(selection, from),
    back: backTo(from),
  });
}

/** One row is given them at once; of several, a workflow signs in one after the other. */
export async function giveCredentials(deps: WebDeps, request: Request, response: Response): Promise<void> {
  const selection = selectionOf(request.body);
  if (isEmpty(selection)) throw new PageFault('badRequest');
  const fields = fieldsOf(request.body);
  const isList = request.upload !== undefined || Boolean(fields['pasted']?.trim());
  const read = isList ? await fromList(request, selection) : await fromForm(request, selection);
  if ('faults' in read) {
    await showCredentials(response.status(422), selection, request.body, fields, read.faults);
    return;
  }
  const [only, ...others] = read.gifts;
  if (only === undefined) throw new PageFault('badRequest');
  if (others.length > 0) {
    response.redirect(303, `/admin/bulk/${await giveAll(deps, request, response, read.gifts)}`);
    return;
  }
  await giveOne(deps, request, response, only);
  response.redirect(303, backTo(request.body));
}

type Read = { gifts: Gift[] } | { faults: FieldFault[] };

async function fromForm(request: Request, selection: MailUserSelection): Promise<Read> {
  const parsed = parseForm(form, fieldsOf(request.body));
  if (!parsed.ok) return { faults: parsed.faults };
  if (selection.kind === 'filter' && (await countMailUsers(selection.filter)) > mostCredentials)
    return { faults: [] };
  const rows =
    selection.kind === 'ids'
      ? await mailUsersOf(selection.ids)
      : await mailUsersMatching(selection.filter, mostCredentials);
  const { side, userName, password } = parsed.value;
  const sides = side === 'both' ? (['source', 'target'] as const) : [side];
  // The worker makes the name of the connector's rule where none is given.
  const name = rows.length === 1 ? userName : '';
  return {
    gifts: rows.map((row) => ({
      row,
      typed: sides.map((each) => ({ side: each, userName: name, password })),
    })),
  };
}

/** The lines name rows of the selection by their source addresses. */
async function fromList(request: Request, selection: MailUserSelection): Promise<Read> {
  const { upload } = request;
  const field = upload === undefined ? 'pasted' : 'file';
  if (upload?.truncated === true) return { faults: [unreadable({ kind: 'tooLarge' }, field)] };
  const content = upload?.content ?? Buffer.from(fieldsOf(request.body)['pasted'] ?? '', 'utf8');
  const read = readCredentials(content, mostCredentials);
  if (!read.ok) return { faults: [listFault(field, read)] };
  const byAddress = new Map(read.lines.map((line) => [line.addressKey, line]));
  const rows = await MailUsers.find({
    $and: [queryOfSelection(selection), { 'source.addressKey': { $in: [...byAddress.keys()] } }],
  }).lean<MailUser[]>();
  const known = new Set(rows.map(({ source }) => source.addressKey));
  const unknown = read.lines.filter(({ addressKey }) => !known.has(addressKey)).map(({ line }) => line);
  if (unknown.length > 0)
    return { faults: [{ ...faulty(field, unknown), key: 'admin.users.credentials.faults.unknown' }] };
  return {
    gifts: rows.map((row) => ({
      row,
      typed: (byAddress.get(row.source.addressKey)?.passwords ?? []).map((one) => ({ ...one, userName: '' })),
    })),
  };
}

function listFault(field: string, read: Extract<ReadCredentials, { ok: false }>): FieldFault {
  if ('faultyLines' in read) return faulty(field, read.faultyLines);
  if (read.why.kind !== 'tooManyRows') return unreadable(read.why, field);
  const values = { rows: read.why.rows, most: mostCredentials };
  return { field, key: 'admin.users.credentials.faults.tooMany', values };
}

function faulty(field: string, lines: readonly number[]): FieldFault {
  const shown = lines.slice(0, 20).join(', ');
  return {
    field,
    key: 'admin.users.credentials.faults.lines',
    values: { lines: lines.length > 20 ? `${shown}, …` : shown },
  };
}

async function giveOne(
  deps: WebDeps,
  request: Request,
  response: Response,
  { row, typed }: Gift,
): Promise<void> {
  const t = textsOf(response);
  const unusable = await unusableConnectors();
  const name = [row.source, row.target]
    .map(({ connectorId }) => unusable.get(connectorId.toHexString()))
    .find((each) => each !== undefined);
  if (name !== undefined) {
    notify(request, 'danger', t('admin.users.outcome.connectorUnusable', { name }));
    return;
  }
  const state = shownState(row);
  const isFor = isMeant('giveCredentials', state, 1);
  const outcome = isFor ? await startWithCredentials(deps, row, typed, actorOf(request)) : 'nothing';
  if (outcome === 'nothing') {
    notify(request, 'warning', t('admin.users.outcome.nothing.giveCredentials', { count: 1 }));
    return;
  }
  await audit(request, 'credentialsGiven', row.source.address, { mailUserId: row._id.toHexString() });
  if (outcome === 'kept') notify(request, 'warning', t('admin.users.outcome.kept', { count: 1 }));
  else notify(request, 'success', t('admin.users.outcome.giveCredentials', { count: 1 }));
  const { choice, to } = await invitationOf(row);
  const stood = { state, choice, keptSides: keptSidesOf(row.projection, new Date()) };
  const given = typed.map(({ side }) => side);
  if (isAskedForRest(stood, given))
    notify(request, 'success', t('admin.users.outcome.askedForRest', { to: to.join(', ') }));
}

/**
 * Seals for each and has a workflow give them. What waits for its turn is destroyed when the workflow ends, and after a day at the
 * latest. Rejects where Temporal does not answer: nothing is kept.
 * @returns the bulk's id
 */
async function giveAll(
  deps: WebDeps,
  request: Request,
  response: Response,
  gifts: readonly Gift[],
): Promise<string> {
  const _id = randomUUID();
  const by = actorOf(request);
  const createdAt = new Date();
  const selection = { kind: 'ids' as const, ids: gifts.map(({ row }) => row._id.toHexString()) };
  try {
    for (let next = 0; next < gifts.length; next += sealedAtOnce)
      await sealFor(deps, _id, gifts.slice(next, next + sealedAtOnce), createdAt);
    await BulkActions.create({ _id, action: 'giveCredentials', selection, by, createdAt });
    await startWorkflowOf(deps, { _id, action: 'giveCredentials', by });
  } catch (error) {
    await BulkActions.deleteOne({ _id });
    await purgeCredentials(_id);
    throw error;
  }
  const t = textsOf(response);
  const what = t('admin.users.actions.giveCredentials');
  await audit(request, 'bulkStarted', t('admin.bulk.auditSubject', { what, count: gifts.length }), {
    bulkId: _id,
  });
  return _id;
}

async function sealFor(
  { seal }: WebDeps,
  bulkId: string,
  gifts: readonly Gift[],
  takenAt: Date,
): Promise<void> {
  const destroyAt = new Date(takenAt.getTime() + dayMs);
  const documents = gifts.flatMap(({ row, typed }) => {
    const mailUserId = row._id.toHexString();
    return typed.map(async ({ side, userName, password }) => ({
      _id: new Types.ObjectId(),
      owner: { kind: 'bulk' as const, id: bulkId },
      mailUserId,
      side,
      sealed: await seal({ kind: 'password', userName, password }, credentialOwner(row, side)),
      takenAt,
      destroyAt,
    }));
  });
  await Credentials.insertMany(await Promise.all(documents));
}
