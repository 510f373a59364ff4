import { isDeepStrictEqual } from 'node:util';
import type { Response, Router } from 'express';
import type { Side } from '../../domain/mailbox';
import type { StartWindow } from '../../domain/start-window';
import { Connectors, type ConnectorDocument } from '../../models/connectors';
import type { MailUserFilter } from '../../models/mail-user-filter';
import type { WebDeps } from '../deps';
import { PageFault } from '../faults';
import { parseForm, type FieldFault } from '../forms';
import { checkAndSay } from './connector-checks';
import { connectorForm, type ConnectorFields } from './connector-form';
import { base, findConnector, showConnector } from './connector-page';
import { nameTaken, typedFields, unlessNameTaken } from './connector-write';
import { planReader } from './plan-words';
import { audit, notify, textsOf } from './request';
import { tellRunning } from './tell-running';
import { windowConflict } from './window-conflicts';

export function connectorEditing(router: Router, deps: WebDeps, side: Side): void {
  router.get('/:id', async (request, response) => {
    await showConnector(deps, response, await findConnector(side, request.params.id));
  });
  router.post('/:id', async (request, response) => {
    const connector = await findConnector(side, request.params.id);
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
    const edited = await unlessNameTaken(() =>
      Connectors.findOneAndUpdate(
        { _id: connector._id, side },
        { ...changeOf(connector, form.value), $inc: { revision: 1 } },
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
    if (!isDeepStrictEqual(connector.startWindow, edited.startWindow) || !isSameServer(connector, edited))
      await tellRunning(deps, request, response, usersOf(edited));
    response.redirect(303, `${base(side)}/${edited._id.toHexString()}`);
  });
}

/** What a form left empty is taken out of the document. */
function changeOf(
  connector: ConnectorDocument,
  { shownName, webMailUrl, startWindow, ...set }: ConnectorFields,
): { $set: object; $unset: object } {
  return {
    $set: {
      ...set,
      ...(shownName ? { shownName } : {}),
      ...(webMailUrl ? { webMailUrl } : {}),
      ...(startWindow ? { startWindow } : {}),
    },
    $unset: {
      ...(shownName ? {} : { shownName: true }),
      ...(webMailUrl ? {} : { webMailUrl: true }),
      ...(startWindow ? {} : { startWindow: true }),
      // Another server asked for nothing.
      ...(isSameServer(connector, set) ? {} : { throttled: true }),
    },
  };
}

/** Another server asked nobody to wait, and who waits for the one before need not go on waiting. */
function isSameServer(
  a: Pick<ConnectorDocument, 'exchange'>,
  b: Pick<ConnectorDocument, 'exchange'>,
): boolean {
  return a.exchange.serverName === b.exchange.serverName;
}

/** Whether some of its users would never be moved. */
function windowConflictOf(
  deps: WebDeps,
  response: Response,
  connector: ConnectorDocument,
  startWindow: StartWindow | undefined,
): Promise<FieldFault | undefined> {
  const id = connector._id.toHexString();
  const change = { connector: { id, startWindow } };
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
