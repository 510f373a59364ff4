import type { PassOrder, PassKind } from '../src/domain/batch-plan';
import { nextPass, orderOf, type PassMade, type WantedPass } from '../src/domain/passes';
import { windowsAt, type StartWindow } from '../src/domain/start-window';
import { batchPlanOf } from '../src/models/batches';
import type { EpochFacts } from './begin-epoch';
import { readRow } from './rows';

export interface PlanPassInput {
  mailUserId: string;
  /** The passes of the migration, oldest first. */
  made: PassMade[];
  wanted?: WantedPass;
  /** The pass that has begun and not ended. */
  underWay?: PassKind;
  /** ISO 8601, the workflow's clock. */
  now: string;
}

/** As `domain/passes.ts` and `domain/start-window.ts` answer; moments are ISO 8601. */
export interface PlanPassResult {
  next: { kind: 'now'; order: PassOrder } | { kind: 'later'; pass: PassKind; at?: string };
  /** What the pass under way is to do, as the plan stands now, also where it is the last. Earlier releases did not say it. */
  order?: PassOrder;
  /** Of the batch and both connectors together. */
  window: { isOpen: boolean; until?: string };
  /** That of the row now. Earlier releases did not say it. */
  batch?: string;
  /** Those of the row now. Earlier releases did not say them. */
  mailboxes?: Pick<EpochFacts, 'sourceAddress' | 'targetAddress' | 'sourceConnectorId' | 'targetConnectorId'>;
  /** The servers of both connectors now; only to be compared. Earlier releases did not say them. */
  servers?: string;
}

/** Reads the plan of the row's batch and the start windows as they stand now, and says which pass comes next and whether it may run. */
export async function planPass(input: PlanPassInput): Promise<PlanPassResult> {
  const { mailUserId, made, wanted, underWay, now } = input;
  const { row, source, target } = await readRow(mailUserId);
  const plan = await batchPlanOf(row.batch);
  const at = new Date(now);
  const next = nextPass({ plan, made, wanted, now: at });
  const windows = [plan.startWindow, source.startWindow, target.startWindow].filter(
    (window): window is StartWindow => window !== undefined,
  );
  const { isOpen, until } = windowsAt(windows, at);
  return {
    next:
      next.kind === 'now'
        ? next
        : {
            kind: 'later',
            pass: next.pass,
            ...(next.at === undefined ? {} : { at: next.at.toISOString() }),
          },
    ...(underWay === undefined ? {} : { order: orderOf(underWay, plan) }),
    window: { isOpen, ...(until === undefined ? {} : { until: until.toISOString() }) },
    batch: row.batch,
    mailboxes: {
      sourceAddress: row.source.address,
      targetAddress: row.target.address,
      sourceConnectorId: source._id.toHexString(),
      targetConnectorId: target._id.toHexString(),
    },
    servers: [source, target].map(({ exchange }) => exchange.serverName).join(' '),
  };
}
