import { windowsAt, type StartWindow } from '../../domain/start-window';
import type { BatchPlan } from '../../domain/batch-plan';
import { batchPlanOf } from '../../models/batches';
import { listConnectors } from '../../models/connector-list';
import { waysOf, type Way } from '../../models/mail-user-counts';
import type { MailUserSelection } from '../../models/mail-user-filter';
import type { MailUser } from '../../models/mail-users';
import type { FieldFault } from '../forms';
import { windowText, type PlanReader } from './plan-words';

/** What is about to be kept, and counts instead of what stands in the database. */
export interface WindowChange {
  /** The batch that all of the users are in then. */
  batch?: { name: string; plan: BatchPlan };
  connector?: { id: string; startWindow?: StartWindow | undefined };
}

/**
 * Looks for users who would never be moved, because the start windows of their batch and of their connectors are never open together.
 *
 * @param selection the users that the change concerns
 * @returns the fault of the window's field, which names the windows; `undefined` where all can be moved
 */
export async function windowConflict(
  selection: MailUserSelection,
  change: WindowChange,
  reader: PlanReader,
  now: Date,
  field = 'windowFrom',
): Promise<FieldFault | undefined> {
  return conflictOf(await waysOf(selection), change, reader, now, field);
}

/** As `windowConflict`, for a user as a form or a list gives him. @returns the fault of the field of his batch */
export async function typedConflict(
  { batch, source, target }: Pick<MailUser, 'batch' | 'source' | 'target'>,
  reader: PlanReader,
  now: Date,
): Promise<FieldFault | undefined> {
  const [sourceConnectorId, targetConnectorId] = [source, target].map(({ connectorId }) =>
    connectorId.toHexString(),
  ) as [string, string];
  return conflictOf([{ batch, sourceConnectorId, targetConnectorId }], {}, reader, now, 'BatchName');
}

/** @param ways whom it concerns */
export async function conflictOf(
  ways: readonly Way[],
  change: WindowChange,
  reader: PlanReader,
  now: Date,
  field = 'windowFrom',
): Promise<FieldFault | undefined> {
  const connectors = new Map((await listConnectors()).map((each) => [each._id.toHexString(), each]));
  const plans = new Map<string, BatchPlan>();
  for (const way of ways) {
    const windows = [await batchWindow(way, change, plans), ...connectorWindows(way, change, connectors)];
    const known = windows.filter((each): each is NamedWindow => each?.window !== undefined);
    const { isOpen, until } = windowsAt(
      known.map(({ window }) => window),
      now,
    );
    if (isOpen || until !== undefined) continue;
    const list = new Intl.ListFormat(reader.language);
    const texts = known.map(({ name, window }) => `${name} (${windowText(window, reader)})`);
    return { field, key: 'admin.window.faults.neverTogether', values: { windows: list.format(texts) } };
  }
  return undefined;
}

interface NamedWindow {
  name: string;
  window: StartWindow;
}
type MaybeWindow = { name: string; window?: StartWindow | undefined } | undefined;

async function batchWindow(
  way: Way,
  { batch }: WindowChange,
  plans: Map<string, BatchPlan>,
): Promise<MaybeWindow> {
  if (batch !== undefined) return { name: batch.name, window: batch.plan.startWindow };
  const plan = plans.get(way.batch) ?? (await batchPlanOf(way.batch));
  plans.set(way.batch, plan);
  return { name: way.batch, window: plan.startWindow };
}

function connectorWindows(
  way: Way,
  { connector }: WindowChange,
  connectors: ReadonlyMap<string, { name: string; startWindow?: StartWindow | undefined }>,
): MaybeWindow[] {
  return [way.sourceConnectorId, way.targetConnectorId].map((id) => {
    const standing = connectors.get(id);
    if (standing === undefined) return undefined;
    const window = connector?.id === id ? connector.startWindow : standing.startWindow;
    return { name: standing.name, window };
  });
}
