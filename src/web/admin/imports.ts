import { randomUUID } from 'node:crypto';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { Router, type Request, type Response } from 'express';
import { extraColumns, rowColumns } from '../../domain/mail-user-row';
import { listConnectors } from '../../models/connector-list';
import {
  fatesOf,
  forgetOldPreviews,
  ImportPreviews,
  readChunks,
  writeChunks,
  type ImportPreview,
} from '../../models/import-previews';
import { breakOffImport, Imports, mayGoOn, reopenImport, type ImportDocument } from '../../models/imports';
import { importStart, workflowTypes } from '../../../workflows/messages';
import type { WebDeps } from '../deps';
import { PageFault } from '../faults';
import { fieldsOf, formView, type FieldFault, type Fields } from '../forms';
import { noWorkerAfterMs } from './connector-checks';
import { unreadable } from './import-faults';
import { readList, type ReadList } from './import-read';
import { planReader } from './plan-words';
import { actorOf, audit, textsOf } from './request';
import { unusableConnectors } from './start-rules';
import { conflictOf } from './window-conflicts';

/** **Upload CSV**: read, shown with every fault, then imported by a workflow. */
export function importRoutes(deps: WebDeps): Router {
  const router = Router();
  router.get('/', async (_request, response) => {
    await showUpload(response, await preselected());
  });
  router.get('/sample.csv', (_request, response) => {
    response.attachment('mail-users.csv').type('text/csv').send(sample());
  });
  router.post('/', upload);
  router.get('/:id', async (request, response) => {
    await showPreview(response, await findPreview(request.params.id));
  });
  router.post('/:id', async (request: Request<{ id: string }>, response) => {
    await runImport(deps, request, response);
  });
  router.get('/:id/progress', showProgress);
  router.post('/:id/go-on', async (request: Request<{ id: string }>, response) => {
    await goOn(deps, request, response);
  });
  return router;
}

async function preselected(): Promise<Record<string, string>> {
  const connectors = await listConnectors();
  const only = (side: 'source' | 'target') => {
    const of = connectors.filter((each) => each.side === side);
    return of.length === 1 && of[0] !== undefined ? of[0]._id.toHexString() : '';
  };
  return { source: only('source'), target: only('target') };
}

async function showUpload(
  response: Response,
  fields: Fields,
  faults: readonly FieldFault[] = [],
): Promise<void> {
  const connectors = await listConnectors();
  const choices = (side: 'source' | 'target') => [
    { value: '', key: 'admin.users.choose' },
    ...connectors
      .filter((each) => each.side === side)
      .map(({ _id, name }) => ({ value: _id.toHexString(), text: name })),
  ];
  response.render('admin/users/import', {
    ...formView(fields, faults),
    title: 'admin.users.uploadCsv',
    sources: choices('source'),
    targets: choices('target'),
    columns: rowColumns.join(';'),
    extraColumns: extraColumns.join(';'),
  });
}

/** A byte order mark, so that spreadsheet programs read the names right. */
function sample(): string {
  const lines = [
    rowColumns.join(';'),
    'Anna;Berger;anna.berger@contoso.example;anna.berger@fabrikam.example;Standard;Standard;Berlin',
    'Björn;Świątek;bjorn@contoso.example;bjorn@fabrikam.example;Standard;Standard;Berlin',
    ';;sales@contoso.example;sales@fabrikam.example;;;',
  ];
  return `\ufeff${lines.join('\r\n')}\r\n`;
}

async function upload(request: Request, response: Response): Promise<void> {
  const fields = fieldsOf(request.body);
  const connectors = await listConnectors();
  const chosen = (side: 'source' | 'target') =>
    connectors.find((each) => each.side === side && each._id.toHexString() === fields[side]);
  const [source, target] = [chosen('source'), chosen('target')];
  const faults: FieldFault[] = [];
  if (source === undefined) faults.push({ field: 'source', key: 'admin.users.faults.source' });
  if (target === undefined) faults.push({ field: 'target', key: 'admin.users.faults.target' });
  const read = readUpload(request, fields);
  if (!read.ok) faults.push(unreadable(read.why, request.upload === undefined ? 'pasted' : 'file'));
  if (!read.ok || source === undefined || target === undefined) {
    await showUpload(response.status(422), fields, faults);
    return;
  }
  await forgetOldPreviews(new Date());
  const preview = await makePreview(read.list, source._id, target._id, request.upload?.fileName ?? '');
  response.redirect(303, `/admin/users/import/${preview._id}`);
}

function readUpload(request: Request, fields: Fields): ReturnType<typeof readList> {
  const { upload: file } = request;
  if (file?.truncated === true) return { ok: false, why: { kind: 'tooLarge' } };
  return readList(file?.content ?? Buffer.from(fields['pasted']?.trim() ?? '', 'utf8'));
}

async function makePreview(
  list: ReadList,
  sourceConnectorId: ImportPreview['sourceConnectorId'],
  targetConnectorId: ImportPreview['targetConnectorId'],
  fileName: string,
): Promise<ImportPreview> {
  const fates = await fatesOf(list.rows, { sourceConnectorId, targetConnectorId });
  const linesOf = (fate: string) =>
    list.rows.filter((_, place) => fates[place] === fate).map(({ line }) => line);
  const preview: ImportPreview = {
    _id: randomUUID(),
    sourceConnectorId,
    targetConnectorId,
    fileName: fileName.slice(0, 200),
    encoding: list.encoding,
    createdAt: new Date(),
    rows: list.rows.length,
    added: linesOf('added').length,
    changedLines: linesOf('changed'),
    unchanged: linesOf('unchanged').length,
    keptLines: linesOf('kept'),
    faulty: list.faulty,
    sharedTargets: list.sharedTargets,
    unknownColumns: list.unknownColumns.slice(0, 50).map((name) => name.slice(0, 100)),
    sample: list.rows.slice(0, 20),
  };
  await writeChunks(preview._id, list.rows);
  await ImportPreviews.create(preview);
  return preview;
}

async function findPreview(id: string): Promise<ImportPreview> {
  const preview = await ImportPreviews.findById(id).lean<ImportPreview>();
  if (preview === null) throw new PageFault('notFound');
  return preview;
}

async function showPreview(
  response: Response,
  preview: ImportPreview,
  fields: Fields = { changed: '1' },
  faults: readonly FieldFault[] = [],
): Promise<void> {
  const connectors = new Map((await listConnectors()).map((each) => [each._id.toHexString(), each]));
  const source = connectors.get(preview.sourceConnectorId.toHexString());
  const target = connectors.get(preview.targetConnectorId.toHexString());
  const invites = [source, target].some((each) => each !== undefined && each.signIn.invitation !== 'none');
  response.render('admin/users/preview', {
    ...formView(fields, faults),
    title: 'admin.import.preview',
    preview,
    source,
    target,
    invites,
    changed: preview.changedLines.length,
    kept: preview.keptLines.length,
    importable: preview.added + preview.changedLines.length,
    moreRows: preview.rows - preview.sample.length,
    shownFaults: preview.faulty.slice(0, 500),
    moreFaults: Math.max(0, preview.faulty.length - 500),
  });
}

async function runImport(deps: WebDeps, request: Request<{ id: string }>, response: Response): Promise<void> {
  const preview = await findPreview(request.params.id);
  const fields = fieldsOf(request.body);
  if (preview.sharedTargets.length > 0 && fields['sharedTargets'] !== '1') {
    const fault: FieldFault = { field: 'sharedTargets', key: 'admin.import.faults.sharedTargets' };
    await showPreview(response.status(422), preview, fields, [fault]);
    return;
  }
  const start = fields['then'] === 'start';
  if ((start && (await refuseStart(response, preview))) || (await refuseWindows(deps, response, preview))) {
    await showPreview(response.status(422), preview, fields);
    return;
  }
  const total = await keepWanted(preview, fields['changed'] === '1');
  const { _id } = preview;
  const by = actorOf(request);
  const { sourceConnectorId, targetConnectorId } = preview;
  await Imports.updateOne(
    { _id },
    { $setOnInsert: { sourceConnectorId, targetConnectorId, by, createdAt: new Date(), total, start } },
    { upsert: true, setDefaultsOnInsert: true },
  );
  // Where the web was killed before it had told Temporal, it was taken for broken off.
  await reopenImport(_id, new Date());
  const input = { importId: _id, start, by, times: deps.config.times };
  await deps.temporal.workflow.start(workflowTypes.importRows, importStart(input));
  await ImportPreviews.deleteOne({ _id });
  await audit(request, 'imported', textsOf(response)('admin.import.auditSubject', { count: total }));
  response.redirect(303, `/admin/users/import/${_id}/progress`);
}

/** Takes up an import that was broken off, after the chunk that was dealt with last. */
async function goOn({ temporal, config }: WebDeps, request: Request<{ id: string }>, response: Response) {
  const { _id, by, total, started, start = started > 0 } = await findImport(request.params.id);
  if (await reopenImport(_id, new Date())) {
    try {
      const input = { importId: _id, start, by, times: config.times };
      await temporal.workflow.start(workflowTypes.importRows, importStart(input, true));
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) {
        await breakOffImport(_id, new Date());
        throw error;
      }
    }
    await audit(request, 'importGoneOn', textsOf(response)('admin.import.auditSubject', { count: total }));
  }
  response.redirect(303, `/admin/users/import/${_id}/progress`);
}

/** Says which connector no migration can start on. */
async function refuseStart(response: Response, preview: ImportPreview): Promise<boolean> {
  const unusable = await unusableConnectors();
  const ids = [preview.sourceConnectorId, preview.targetConnectorId].map((id) => id.toHexString());
  const name = ids.map((id) => unusable.get(id)).find((each) => each !== undefined);
  if (name === undefined) return false;
  return refuse(response, textsOf(response)('admin.users.outcome.connectorUnusable', { name }));
}

function refuse(response: Response, text: string): true {
  response.locals['notices'] = [{ tone: 'danger', text }];
  return true;
}

/** Says whose start windows are never open together: some of the list would never be moved. */
async function refuseWindows(
  deps: WebDeps,
  response: Response,
  { _id, sourceConnectorId, targetConnectorId }: ImportPreview,
): Promise<boolean> {
  const batches = new Set((await readChunks(_id)).map(({ batch }) => batch));
  const ways = [...batches].map((batch) => ({
    batch,
    sourceConnectorId: sourceConnectorId.toHexString(),
    targetConnectorId: targetConnectorId.toHexString(),
  }));
  const conflict = await conflictOf(ways, {}, planReader(deps, response), new Date());
  return conflict !== undefined && refuse(response, textsOf(response)(conflict.key, conflict.values));
}

/** Leaves out what is not to be touched. @returns how many rows are left */
async function keepWanted(preview: ImportPreview, updates: boolean): Promise<number> {
  if (updates || preview.changedLines.length === 0) return preview.rows;
  const unwanted = new Set(preview.changedLines);
  const rows = (await readChunks(preview._id)).filter(({ line }) => !unwanted.has(line));
  await writeChunks(preview._id, rows);
  return rows.length;
}

async function findImport(id: string): Promise<ImportDocument> {
  const found = await Imports.findById(id).lean<ImportDocument>();
  if (found === null) throw new PageFault('notFound');
  return found;
}

async function showProgress(request: Request<{ id: string }>, response: Response): Promise<void> {
  const found = await findImport(request.params.id);
  const handled = found.added + found.updated + found.unchanged + found.kept;
  const finished = found.finishedAt !== undefined;
  response.render('admin/users/import-progress', {
    title: 'admin.import.progress',
    document: found,
    handled,
    percent: found.total === 0 ? 100 : Math.floor((handled / found.total) * 100),
    finished,
    brokenOff: found.brokenOffAt !== undefined,
    ...(mayGoOn(found, new Date()) && { goOn: `/admin/users/import/${found._id}/go-on` }),
    noWorker: handled === 0 && !finished && Date.now() - found.createdAt.getTime() > noWorkerAfterMs,
    self: request.originalUrl,
  });
}
