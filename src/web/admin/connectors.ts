import { isDeepStrictEqual } from 'node:util';
import { Router, type Request, type Response } from 'express';
import { z } from 'zod';
import { throttleLeftMs } from '../../domain/connector-wait';
import type { Side } from '../../domain/mailbox';
import type { StartWindow } from '../../domain/start-window';
import { isAddress } from '../../domain/mail-user-row';
import { Connectors, type ConnectorDocument } from '../../models/connectors';
import {
  countUsersOf,
  deleteUnusedConnector,
  listConnectors,
  newestCheck,
} from '../../models/connector-list';
import { countStates, runningOf } from '../../models/mail-user-counts';
import type { MailUserFilter } from '../../models/mail-user-filter';
import type { WebDeps } from '../deps';
import { PageFault } from '../faults';
import { fieldsOf, formView, parseForm, type FieldFault, type Fields } from '../forms';
import { checkView, startCheck } from './connector-checks';
import {
  certificatesOf,
  connectorChoices,
  connectorForm,
  defaultServerName,
  fieldsOfConnector,
  isOffice365,
  newConnectorFields,
} from './connector-form';
import { windowConflict } from './window-conflicts';
import { startBulk } from './bulk-start';
import { planReader, windowText } from './plan-words';
import { audit, idOf, notify, textsOf } from './request';
import { startWindowChoices, startWindowShape, withWindowDays } from './start-window-form';

/** **Sources** or **Targets**. */
export function connectorRoutes(deps: WebDeps, side: Side): Router {
  const router = Router();
  router.get('/', async (_request, response) => {
    const connectors = await listConnectors(side);
    const rows = await Promise.all(
      connectors.map(async (each) => ({
        ...each,
        users: await countUsersOf(each),
        waitsUntil: waitsUntil(each),
        window: each.startWindow && windowText(each.startWindow, planReader(deps, response)),
      })),
    );
    response.render('admin/connectors/list', {
      ...frame(side),
      title: `admin.connectors.${side}s.title`,
      rows,
    });
  });
  creation(router, deps, side);
  editing(router, deps, side);
  testing(router, deps, side);
  router.get('/:id/delete', async (request, response) => {
    const connector = await find(side, request.params.id);
    const users = await countUsersOf(connector);
    response.render('admin/connectors/delete', {
      ...frame(side),
      title: 'admin.connectors.delete.title',
      connector,
      users,
    });
  });
  router.post('/:id/delete', async (request, response) => {
    const connector = await find(side, request.params.id);
    const t = textsOf(response);
    if (await deleteUnusedConnector(connector)) {
      await audit(request, 'connectorDeleted', connector.name, { connectorId: connector._id.toHexString() });
      notify(request, 'success', t('admin.connectors.delete.done', { name: connector.name }));
      response.redirect(303, base(side));
      return;
    }
    notify(request, 'danger', t('admin.connectors.delete.used', { name: connector.name }));
    response.redirect(303, `${base(side)}/${connector._id.toHexString()}`);
  });
  return router;
}

const base = (side: Side): string => `/admin/${side}s`;
const frame = (side: Side): Record<string, unknown> => ({
  side,
  base: base(side),
  ...connectorChoices(side),
});

/** Until when its server asked everybody to wait; `undefined` where that is over. */
function waitsUntil({ throttled }: ConnectorDocument): Date | undefined {
  return throttleLeftMs(throttled, new Date()) > 0 ? throttled?.until : undefined;
}

async function find(side: Side, id: string | undefined): Promise<ConnectorDocument> {
  const connector = await Connectors.findOne({ _id: idOf(id), side }).lean<ConnectorDocument>();
  if (connector === null) throw new PageFault('notFound');
  return connector;
}

const kindForm = z.object({
  kind: z.enum(['exchange'], 'admin.faults.choose'),
  name: z.string().trim().min(1, 'admin.connectors.faults.name').max(100, 'admin.faults.tooLong'),
});

function creation(router: Router, deps: WebDeps, side: Side): void {
  router.get('/new', (request, response) => {
    const asked = fieldsOf(request.query);
    const form = parseForm(kindForm, asked);
    if ('name' in asked && form.ok) {
      showForm(response, side, newConnectorFields(form.value.name, deps.config.TIME_ZONE));
      return;
    }
    const faults = 'name' in asked && !form.ok ? form.faults : [];
    const view = formView({ kind: 'exchange', ...asked }, faults);
    response.status(faults.length > 0 ? 422 : 200).render('admin/connectors/kind', {
      ...frame(side),
      ...view,
      title: `admin.connectors.${side}s.new`,
    });
  });
  router.post('/', async (request, response) => {
    const fields = typedFields(request);
    const form = parseForm(connectorForm, fields);
    const faults = form.ok ? [] : form.faults;
    if (form.ok) {
      const created = await write(() =>
        Connectors.create({ side, kind: 'exchange', ...form.value, revision: 1, createdAt: new Date() }),
      );
      if (created !== undefined) {
        const connectorId = created._id.toHexString();
        await audit(request, 'connectorCreated', form.value.name, { connectorId });
        await checkAndSay(deps, request, response, created.toObject<ConnectorDocument>());
        notify(request, 'success', textsOf(response)('admin.connectors.created', { name: form.value.name }));
        response.redirect(303, `${base(side)}/${connectorId}`);
        return;
      }
    }
    showForm(response.status(422), side, fields, form.ok ? [nameTaken] : faults);
  });
}

const nameTaken: FieldFault = { field: 'name', key: 'admin.connectors.faults.nameTaken' };

/** A certificate comes as a file or as text; the file wins. */
function typedFields(request: Request): Record<string, string> {
  const fields = withWindowDays(fieldsOf(request.body), request.body);
  const { upload } = request;
  if (upload === undefined || upload.content.length === 0) return fields;
  return { ...fields, certificateAuthority: upload.content.toString('utf8').slice(0, 200_001) };
}

/** @returns undefined where the name is taken */
async function write<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if ((error as { code?: unknown }).code === 11000) return undefined;
    throw error;
  }
}

function showForm(
  response: Response,
  side: Side,
  fields: Fields,
  faults: readonly FieldFault[] = [],
  connector?: ConnectorDocument,
  more: Record<string, unknown> = {},
): void {
  const title =
    connector === undefined ? { title: `admin.connectors.${side}s.new` } : { titleText: connector.name };
  response.render('admin/connectors/form', {
    ...frame(side),
    ...formView(fields, faults),
    ...title,
    ...startWindowChoices(fields),
    connector,
    office365: isOffice365(fields['serverName'] ?? ''),
    defaultServerName,
    certificates: certificatesShown(connector),
    advancedOpen:
      faults.some(({ field }) => advancedFields.has(field)) ||
      Boolean(fields['certificateAuthority']) ||
      Boolean(fields['windowFrom']),
    ...more,
  });
}

const advancedFields = new Set([
  'connectionsPerMailbox',
  'mailboxesAtOnce',
  'certificateAuthority',
  ...Object.keys(startWindowShape),
]);

function certificatesShown(connector: ConnectorDocument | undefined): { subject: string; validTo: Date }[] {
  const pem = connector?.exchange.certificateAuthority;
  if (pem === undefined) return [];
  return certificatesOf(pem).map(({ subject, validTo }) => ({
    subject: subject.split('\n').join(', '),
    validTo: new Date(validTo),
  }));
}

function editing(router: Router, deps: WebDeps, side: Side): void {
  router.get('/:id', async (request, response) => {
    await showConnector(deps, response, await find(side, request.params.id));
  });
  router.post('/:id', async (request, response) => {
    const connector = await find(side, request.params.id);
    const fields = typedFields(request);
    const form = parseForm(connectorForm, fields);
    if (!form.ok) {
      await showConnector(deps, response.status(422), connector, fields, form.faults);
      return;
    }
    const conflict = await windowConflictOf(deps, response, connector, form.value.startWindow);
    if (conflict !== undefined) {
      await showConnector(deps, response.status(422), connector, fields, [conflict]);
      return;
    }
    const { shownName, webMailUrl, startWindow, ...set } = form.value;
    const isSameServer = set.exchange.serverName === connector.exchange.serverName;
    const unset = {
      ...(shownName ? {} : { shownName: true }),
      ...(webMailUrl ? {} : { webMailUrl: true }),
      ...(startWindow ? {} : { startWindow: true }),
      // Another server asked for nothing.
      ...(isSameServer ? {} : { throttled: true }),
    };
    const optional = {
      ...(shownName ? { shownName } : {}),
      ...(webMailUrl ? { webMailUrl } : {}),
      ...(startWindow ? { startWindow } : {}),
    };
    const edited = await write(() =>
      Connectors.findOneAndUpdate(
        { _id: connector._id, side },
        { $set: { ...set, ...optional }, $unset: unset, $inc: { revision: 1 } },
        { returnDocument: 'after' },
      ).lean<ConnectorDocument>(),
    );
    if (edited === null) throw new PageFault('notFound');
    if (edited === undefined) {
      await showConnector(deps, response.status(422), connector, fields, [nameTaken]);
      return;
    }
    await audit(request, 'connectorEdited', edited.name, { connectorId: edited._id.toHexString() });
    await checkAndSay(deps, request, response, edited);
    notify(request, 'success', textsOf(response)('admin.connectors.saved', { name: edited.name }));
    if (!isDeepStrictEqual(connector.startWindow, edited.startWindow))
      await tellRunning(deps, request, response, edited);
    response.redirect(303, `${base(side)}/${edited._id.toHexString()}`);
  });
}

/** Whether some of its users would never be moved. */
function windowConflictOf(
  deps: WebDeps,
  response: Response,
  connector: ConnectorDocument,
  startWindow: StartWindow | undefined,
): Promise<FieldFault | undefined> {
  const id = connector._id.toHexString();
  const change = { connector: { id, side: connector.side, startWindow } };
  return windowConflict(
    { kind: 'filter', filter: usersOf(connector) },
    change,
    planReader(deps, response),
    new Date(),
  );
}

function usersOf({ side, _id }: ConnectorDocument): MailUserFilter {
  const id = _id.toHexString();
  return side === 'source' ? { sourceConnectorId: id } : { targetConnectorId: id };
}

/** Migrations that run have read the start window before; each is told to read it again. */
async function tellRunning(
  deps: WebDeps,
  request: Request,
  response: Response,
  connector: ConnectorDocument,
): Promise<void> {
  const filter = usersOf(connector);
  const running = runningOf(await countStates(filter));
  if (running === 0) return;
  await startBulk(deps, request, response, 'planChanged', filter);
  notify(request, 'success', textsOf(response)('admin.batches.told', { count: running }));
}

async function showConnector(
  deps: WebDeps,
  response: Response,
  connector: ConnectorDocument,
  fields: Fields = fieldsOfConnector(connector, deps.config.TIME_ZONE),
  faults: readonly FieldFault[] = [],
  more: Record<string, unknown> = {},
): Promise<void> {
  const [users, check] = await Promise.all([countUsersOf(connector), newestCheck(connector._id)]);
  const view = { users, check: checkView(check, connector), waitsUntil: waitsUntil(connector), ...more };
  showForm(response, connector.side, fields, faults, connector, view);
}

const mailboxForm = z.object({
  mailboxAddress: z.string().trim().refine(isAddress, 'admin.faults.address'),
  mailboxUserName: z.string().trim().max(200, 'admin.faults.tooLong').default(''),
  mailboxPassword: z.string().min(1, 'admin.faults.password').max(1000, 'admin.faults.tooLong'),
});

function testing(router: Router, deps: WebDeps, side: Side): void {
  router.get('/:id/check', async (request, response) => {
    const connector = await find(side, request.params.id);
    if (request.get('hx-request') === undefined) {
      response.redirect(303, `${base(side)}/${connector._id.toHexString()}#test`);
      return;
    }
    const check = checkView(await newestCheck(connector._id), connector);
    response.render('partials/connector-check', { layout: false, check });
  });
  router.post('/:id/check', async (request, response) => {
    const connector = await find(side, request.params.id);
    await checkAndSay(deps, request, response, connector);
    await audit(request, 'connectorTested', connector.name, { connectorId: connector._id.toHexString() });
    response.redirect(303, `${base(side)}/${connector._id.toHexString()}#test`);
  });
  router.post('/:id/check-mailbox', async (request, response) => {
    const connector = await find(side, request.params.id);
    const typed = fieldsOf(request.body);
    const form = parseForm(mailboxForm, typed);
    if (!form.ok) {
      const fields = { ...fieldsOfConnector(connector, deps.config.TIME_ZONE), ...typed };
      await showConnector(deps, response.status(422), connector, fields, form.faults, { mailboxOpen: true });
      return;
    }
    const { mailboxAddress: address, mailboxUserName: userName, mailboxPassword: password } = form.value;
    await checkAndSay(deps, request, response, connector, { address, userName, password });
    await audit(request, 'connectorTested', `${connector.name}: ${address}`, {
      connectorId: connector._id.toHexString(),
    });
    response.redirect(303, `${base(side)}/${connector._id.toHexString()}#test`);
  });
}

async function checkAndSay(
  deps: WebDeps,
  request: Request,
  response: Response,
  ...[connector, mailbox]: [ConnectorDocument, { address: string; userName: string; password: string }?]
): Promise<void> {
  if (await startCheck(deps, connector, mailbox)) return;
  notify(request, 'warning', textsOf(response)('admin.connectors.test.temporalAway'));
}
