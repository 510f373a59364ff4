import { WorkflowNotFoundError, type Client } from '@temporalio/client';
import { placesAfterThrottle } from '../src/domain/connector-wait';
import type { MigrationState } from '../src/domain/migration';
import { aheadOfRoom, chooseFairly, countBy, turnsAfter } from '../src/domain/fair-order';
import { batchesOf } from '../src/models/batch-move';
import { Connectors, type ConnectorDocument } from '../src/models/connectors';
import { queryOfSelection } from '../src/models/mail-user-filter';
import { MailUsers, type MailUser } from '../src/models/mail-users';
import { grantSlot, inLine, releaseSlot, Slots, waitingOf, type SlotDocument } from '../src/models/slots';
import { forgetTheDead, roomOfWorkers } from '../src/models/worker-rooms';
import type { ConnectorWaits } from './connector-waits';
import type { ActivityDeps } from './deps';
import { heartbeats } from './heartbeat';
import { LineWatch } from './line-watch';
import { migrationId } from '../workflows/names';
import { signals, type GrantedSignal } from '../workflows/messages';

export interface GrantSlotsInput {
  /** How long an answer is waited for before a holder is told again. */
  tellAgainMs: number;
  /** Batches by when each was given a slot last, newest last; what the look before answered. */
  turns?: string[];
}

/** How many hold slots, and how many still wait. */
export interface GrantSlotsResult {
  held: number;
  waiting: number;
  /** As in the input, with those that were given one now. Earlier releases did not say it. */
  turns?: string[];
}

/** An attempt that was given up must not grant what its successor grants too: it stops well before its time-out. */
const longestMs = 20_000;

/** Temporal is asked about so many holders at once: nobody is let in meanwhile. */
const looksAtOnce = 10;

/** The gate's side of the slots. */
export function createGrantSlots({
  client,
  log,
  connectorWaits,
}: Pick<ActivityDeps, 'client' | 'log' | 'connectorWaits'>) {
  const lineWatch = new LineWatch();
  return {
    /** Gives free slots to those who wait, in fair order, and tells them; tells those again that have not answered. */
    async grantSlots({ tellAgainMs, turns = [] }: GrantSlotsInput): Promise<GrantSlotsResult> {
      const giveUpAt = Date.now() + longestMs;
      const all = await Slots.find().lean<SlotDocument[]>();
      const untold = all.filter(
        ({ grantedAt, takenAt, toldAt }) =>
          grantedAt !== undefined && takenAt === undefined && isLongAgo(toldAt, tellAgainMs),
      );
      for (const slot of untold) await tell(client, slot);
      const chosen = await choose(all, turns, connectorWaits, lineWatch);
      const given: string[] = [];
      for (const { slot, batch } of chosen) {
        if (Date.now() > giveUpAt) break;
        if (!(await grantSlot(slot._id, slot.ticket, new Date()))) continue;
        given.push(batch);
        await tell(client, slot);
      }
      const [held, waiting] = await Promise.all([
        Slots.countDocuments({ grantedAt: { $exists: true } }),
        Slots.countDocuments({ grantedAt: { $exists: false } }),
      ]);
      return { held, waiting, turns: turnsAfter(turns, given) };
    },

    /**
     * Frees the slots of those that no longer run, run another epoch than the one that was granted, or are at nothing that needs one.
     * Forgets the room of workers that have died.
     */
    async freeDeadSlots(): Promise<{ freed: number }> {
      using _beating = heartbeats();
      await forgetTheDead();
      const held = await Slots.find({ grantedAt: { $exists: true } }).lean<SlotDocument[]>();
      const needed = await neededOf(held);
      let freed = 0;
      const look = async ({ _id, ticket }: SlotDocument) => {
        if (needed.has(_id) && (await runs(client, _id))) return;
        log.warn({ mailUserId: _id, ticket }, 'a slot is freed: nobody holds it');
        await releaseSlot(_id, ticket);
        freed += 1;
      };
      for (let at = 0; at < held.length; at += looksAtOnce)
        await Promise.all(held.slice(at, at + looksAtOnce).map(look));
      return { freed };
    },
  };
}

/** A moment that is still to come was written by a worker whose clock is ahead of ours: nobody knows how long ago it was. */
function isLongAgo(at: Date | undefined, ms: number): boolean {
  return at === undefined || Math.abs(Date.now() - at.getTime()) >= ms;
}

async function choose(
  all: readonly SlotDocument[],
  turns: readonly string[],
  connectorWaits: ConnectorWaits,
  lineWatch: LineWatch,
): Promise<{ slot: SlotDocument; batch: string }[]> {
  const held = all.filter(({ grantedAt }) => grantedAt !== undefined);
  const waiting = all.filter(({ grantedAt }) => grantedAt === undefined);
  const connectors = await Connectors.find({}, { mailboxesAtOnce: 1, throttled: 1 }).lean<
    ConnectorDocument[]
  >();
  const free = freePlaces(connectors, held, connectorWaits);
  const isFree = (connectorId: string) => (free.get(connectorId) ?? 0) > 0;
  // In this order: whoever begins meanwhile is counted twice, and nobody is let in ahead of the room there is.
  const line = await inLine();
  const { capacity, free: room } = await roomOfWorkers();
  const most = room + aheadOfRoom(capacity) - lineWatch.count(line, room);
  if (most <= 0 || !waiting.some((slot) => isFree(slot.sourceConnectorId) && isFree(slot.targetConnectorId)))
    return [];
  // A row may have been moved to another batch since it asked.
  const batches = await batchesOf(all.map(({ _id }) => _id));
  const batchOf = ({ _id }: SlotDocument) => batches.get(_id) ?? '';
  const byId = new Map(waiting.map((slot) => [slot._id, slot]));
  const chosen = chooseFairly(
    waiting.map((slot) => waitingOf(slot, batchOf(slot))),
    {
      heldByBatch: countBy(held.map(batchOf)),
      free,
      most,
      turns,
    },
  );
  return chosen.flatMap(({ id, batch }) => {
    const slot = byId.get(id);
    return slot === undefined ? [] : [{ slot, batch }];
  });
}

function freePlaces(
  connectors: readonly ConnectorDocument[],
  held: readonly SlotDocument[],
  connectorWaits: ConnectorWaits,
): Map<string, number> {
  const now = new Date();
  const used = countBy(
    held.flatMap(({ sourceConnectorId, targetConnectorId }) => [sourceConnectorId, targetConnectorId]),
  );
  return new Map(
    connectors.map(({ _id, mailboxesAtOnce, throttled }) => {
      const id = _id.toHexString();
      const free = mailboxesAtOnce - (used.get(id) ?? 0);
      const leftMs = connectorWaits.leftMs(id, throttled);
      const granted = grantedSince(held, id, throttled?.until);
      return [id, placesAfterThrottle(throttled, leftMs, free, granted, now)];
    }),
  );
}

function grantedSince(held: readonly SlotDocument[], connectorId: string, since: Date | undefined): number {
  if (since === undefined) return 0;
  return held.filter(
    ({ sourceConnectorId, targetConnectorId, grantedAt }) =>
      (sourceConnectorId === connectorId || targetConnectorId === connectorId) &&
      grantedAt !== undefined &&
      grantedAt >= since,
  ).length;
}

/** Where no workflow is there to be told, the slot is free at once. */
async function tell(client: Client, { _id, ticket }: SlotDocument): Promise<void> {
  try {
    await client.workflow.getHandle(migrationId(_id)).signal<[GrantedSignal]>(signals.granted, { ticket });
    await Slots.updateOne({ _id, ticket }, { $set: { toldAt: new Date() } });
  } catch (error) {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
    await releaseSlot(_id, ticket);
  }
}

/** A database that was set back knows of slots that were given back since. */
const needsSlot: readonly MigrationState[] = ['scheduled', 'working'];

/** Those whose row is at something that needs the slot, in the epoch that it was granted to. */
async function neededOf(held: readonly SlotDocument[]): Promise<Set<string>> {
  const epochs = new Map(held.map(({ _id, epoch }) => [_id, epoch]));
  const rows = await MailUsers.find(queryOfSelection({ kind: 'ids', ids: [...epochs.keys()] }), {
    'projection.epoch': 1,
    'projection.state': 1,
  }).lean<Pick<MailUser, '_id' | 'projection'>[]>();
  const needed = rows.filter(({ _id, projection }) => {
    const isHolder = projection !== undefined && projection.epoch === epochs.get(_id.toHexString());
    return isHolder && needsSlot.includes(projection.state);
  });
  return new Set(needed.map(({ _id }) => _id.toHexString()));
}

async function runs(client: Client, mailUserId: string): Promise<boolean> {
  try {
    const { status } = await client.workflow.getHandle(migrationId(mailUserId)).describe();
    return status.name === 'RUNNING';
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return false;
    throw error;
  }
}
