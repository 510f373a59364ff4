import { Context } from '@temporalio/activity';
import { WorkflowNotFoundError } from '@temporalio/client';
import { setTimeout as pause } from 'node:timers/promises';
import { Fault } from '../src/domain/faults';
import type { MailboxCounters } from '../src/domain/migration';
import type { Side } from '../src/domain/mailbox';
import type { SourceMailbox, TargetMailbox } from '../src/connectors/connector';
import { MailboxPair } from '../src/engine/mailbox-pair';
import { identityHash } from '../src/engine/pair-id';
import type { ConnectorDocument } from '../src/models/connectors';
import { takeCounters, writeCounters, type CountersWrite } from '../src/models/projection';
import { noteBegun, noteGivenUp } from '../src/models/slots';
import { writeThroughput } from '../src/models/throughput';
import type { ActivityDeps } from './deps';
import { failureOf } from './faults';
import { heartbeats } from './heartbeat';
import { OpenMailbox, type OpeningKey } from './open-mailboxes';
import { ThroughputMeter } from './throughput-meter';
import { credentialOf, readRow, type RowWithConnectors } from './rows';
import { signals, type MailboxOpenedSignal } from '../workflows/messages';

export interface OpenMailboxInput extends OpeningKey {
  credentials: Record<Side, string>;
}

/** How long folders may take to let go of what they have in flight. */
const letGoMs = 5_000;

/** A worker that ends waits no longer for a database that does not answer. */
const noteLeftMs = 1_000;

/**
 * Opens both mailboxes, tells the workflow where, and holds them for the folders that this process copies, until it is cancelled (then
 * it has closed both) or a fault of the whole mailbox closes them. Writes the counters each second, once they tell of all folders.
 *
 * Fails with the fault's kind. Never repeated by Temporal: each opening has a number of its own.
 */
export function createOpenMailbox(deps: ActivityDeps) {
  const meter = new ThroughputMeter((minute) => writeThroughput(deps.workerQueue, minute));
  return async function openMailbox(input: OpenMailboxInput): Promise<never> {
    const seen: { counters?: () => MailboxCounters } = {};
    using _beating = heartbeats(() => ({ counters: seen.counters?.() }));
    await using _room = await deps.room.take();
    try {
      return await openAndHold(deps, input, meter, seen);
    } finally {
      if (deps.room.hasEnded) await Promise.race([noteLeft(deps, input), pause(noteLeftMs)]);
    }
  };
}

/** As `openMailbox`, in the room that it has taken. @param seen is told where to read the counters */
async function openAndHold(
  deps: ActivityDeps,
  input: OpenMailboxInput,
  meter: ThroughputMeter,
  seen: { counters?: () => MailboxCounters },
): Promise<never> {
  const { cancellationSignal } = Context.current();
  const isNoted = await noteBegin(deps, input);
  const pair = await openPair(deps, input, cancellationSignal);
  const before = await pair.readCounters().catch(async (error: unknown) => {
    await pair.close();
    throw error;
  });
  seen.counters = () => pair.counters();
  const mailbox = new OpenMailbox(pair);
  deps.openMailboxes.add(input, mailbox);
  try {
    await hold(deps, input, mailbox, { meter, isNoted });
  } finally {
    mailbox.close();
    await letGo(mailbox);
    deps.openMailboxes.remove(input);
    await pair.close().catch((error: unknown) => deps.log.warn({ err: error }, 'a mailbox does not close'));
  }
  cancellationSignal.throwIfAborted();
  const fault = mailbox.closedBy ?? lost();
  throw failureOf(fault, hasProgressed(before, pair.counters()));
}

/** Tells the gate that a worker has room for it: it is in line for one no more. @returns whether it could be told */
async function noteBegin(
  { gateBell, log }: ActivityDeps,
  { mailUserId, epoch, opening }: OpenMailboxInput,
): Promise<boolean> {
  try {
    if (await noteBegun(mailUserId, epoch, opening, new Date())) gateBell.ring();
    return true;
  } catch (error) {
    log.warn({ mailUserId, err: error }, 'that a mailbox is being opened is not noted just now');
    return false;
  }
}

/** Tells the gate that this worker ends: the room that the mailbox needs elsewhere is not for those who come new. */
async function noteLeft(
  { log }: ActivityDeps,
  { mailUserId, epoch, opening }: OpenMailboxInput,
): Promise<void> {
  try {
    await noteGivenUp(mailUserId, epoch, opening);
  } catch (error) {
    log.warn({ mailUserId, err: error }, 'that a mailbox is given up is not noted just now');
  }
}

async function openPair(
  deps: ActivityDeps,
  input: OpenMailboxInput,
  signal: AbortSignal,
): Promise<MailboxPair> {
  const all = await readRow(input.mailUserId);
  const { row, source, target } = all;
  const [sourceCredential, targetCredential] = [
    await credentialOf(deps, all, 'source', input.credentials.source),
    await credentialOf(deps, all, 'target', input.credentials.target),
  ];
  const heeded = <T>(connector: ConnectorDocument, open: () => Promise<T>) =>
    deps.connectorWaits.heeded(
      connector,
      input.mailUserId,
      () => knocked(open, signal),
      (ms) => asked(ms, signal),
    );
  const sides = await Promise.allSettled([
    heeded(source, () => deps.serverOf(source).openSource(row.source.address, sourceCredential, signal)),
    heeded(target, () => deps.serverOf(target).openTarget(row.target.address, targetCredential, signal)),
  ]);
  const [opened, openedTarget] = sides;
  if (opened.status === 'fulfilled' && openedTarget.status === 'fulfilled')
    return pairOf(deps, input, all, { source: opened.value, target: openedTarget.value });
  for (const side of sides) if (side.status === 'fulfilled') await side.value.close();
  // What a person must mend counts more than what time mends.
  const reasons = sides.flatMap((side) => (side.status === 'rejected' ? [side.reason as unknown] : []));
  const rank = (reason: unknown) => (reason instanceof Fault ? faultRank[reason.kind] : 9);
  const [first, second] = reasons.sort((a, b) => rank(a) - rank(b));
  throw isRefusedSignIn(first) && isRefusedSignIn(second) ? refusedByBoth(first) : first;
}

function isRefusedSignIn(reason: unknown): reason is Fault {
  return reason instanceof Fault && reason.kind === 'credential';
}

/** Whoever has one password for both mailboxes, and changed it, is asked for both at once. */
function refusedByBoth({ text, notDone }: Fault): Fault {
  return new Fault({ kind: 'credential', side: 'source', both: true }, text, notDone);
}

/**
 * Opens a mailbox whose password was accepted before. A server that wants to be left in peace answers 401 at times, so one repeated
 * request decides whether its user has to act; never a third.
 */
async function knocked<T>(open: () => Promise<T>, signal: AbortSignal): Promise<T> {
  try {
    return await open();
  } catch (fault) {
    if (!isRefusedSignIn(fault)) throw fault;
    await asked(secondKnockMs, signal);
    return await open();
  }
}

const secondKnockMs = 1_000;

const faultRank = { credential: 0, fatal: 1, throttled: 2, folder: 3, retryable: 4 } as const;

/** Waits as long as a server asked for. */
async function asked(ms: number, signal: AbortSignal): Promise<void> {
  await pause(ms, undefined, { signal }).catch(() => undefined);
  signal.throwIfAborted();
}

function pairOf(
  { copying, keyMemory, ledger, log, connectorWaits, connectorTurns }: ActivityDeps,
  { mailUserId, opening }: OpenMailboxInput,
  { row, source, target }: RowWithConnectors,
  opened: { source: SourceMailbox; target: TargetMailbox },
): MailboxPair {
  const isSameTarget = row.targetIdentity === identityHash(opened.target.identity);
  return new MailboxPair({
    ...opened,
    id: isSameTarget ? row.pairId : undefined,
    ledger,
    keyMemory,
    ...copying,
    connectorWaits: {
      source: connectorWaits.for(source._id.toHexString(), mailUserId),
      target: connectorWaits.for(target._id.toHexString(), mailUserId),
    },
    places: {
      source: connectorTurns.for(source._id.toHexString()).join(mailUserId),
      target: connectorTurns.for(target._id.toHexString()).join(mailUserId),
    },
    onFault: ({ kind, text }) =>
      log.info({ mailUserId, opening, kind, code: text.code }, 'a fault is waited out or repeated in place'),
  });
}

/** Returns when the activity is cancelled, a fault closes the mailbox, or nobody wants this opening. */
async function hold(
  deps: ActivityDeps,
  input: OpenMailboxInput,
  mailbox: OpenMailbox,
  { meter, isNoted }: { meter: ThroughputMeter; isNoted: boolean },
): Promise<void> {
  const { cancellationSignal } = Context.current();
  const ended = AbortSignal.any([cancellationSignal, mailbox.closing]);
  const seen = (): CountersWrite => ({
    ...input,
    counters: mailbox.pair.counters(),
    activeFolders: mailbox.activeFolders,
  });
  if (!(await tell(deps, input, ended))) return;
  let written = '';
  let taken = false;
  let hasBegun = isNoted;
  let metered = seen().counters;
  while (!ended.aborted) {
    await second(ended);
    hasBegun ||= await noteBegin(deps, input);
    const write = seen();
    await meter.add(metered, write.counters, new Date());
    metered = write.counters;
    // A total of some folders would look as if the others' items were lost.
    if (!mailbox.pair.countsAll) continue;
    const text = JSON.stringify([write.counters, write.activeFolders]);
    if (text === written && taken) continue;
    try {
      const wrote = await (taken ? writeCounters(write, new Date()) : takeCounters(write, new Date()));
      // A later opening has taken the row: this one was given up and does not know it yet.
      if (!wrote) return;
      [written, taken] = [text, true];
    } catch (error) {
      deps.log.warn({ mailUserId: input.mailUserId, err: error }, 'counters are not written just now');
    }
  }
  await meter.add(metered, seen().counters, new Date());
  await meter.flush();
  if (taken) await writeCounters({ ...seen(), activeFolders: [] }, new Date()).catch(() => false);
}

/** @returns false where no workflow waits for this opening */
async function tell(
  { client, workerQueue, log }: ActivityDeps,
  { opening }: OpenMailboxInput,
  ended: AbortSignal,
) {
  const { workflowExecution } = Context.current().info;
  const handle = client.workflow.getHandle(workflowExecution?.workflowId ?? '', workflowExecution?.runId);
  while (!ended.aborted) {
    try {
      await handle.signal<[MailboxOpenedSignal]>(signals.mailboxOpened, { opening, queue: workerQueue });
      return true;
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return false;
      log.warn(
        { workflowId: workflowExecution?.workflowId, err: error },
        'the workflow cannot be told just now',
      );
      await second(ended);
    }
  }
  return true;
}

async function letGo(mailbox: OpenMailbox): Promise<void> {
  const giveUpAt = Date.now() + letGoMs;
  while (!mailbox.idle && Date.now() < giveUpAt) await pause(50);
}

async function second(ended: AbortSignal): Promise<void> {
  await pause(1000, undefined, { signal: ended }).catch(() => undefined);
}

function hasProgressed(before: MailboxCounters, after: MailboxCounters): boolean {
  return JSON.stringify(before) !== JSON.stringify(after);
}

function lost(): Fault {
  const message =
    'The mailbox was closed here: the worker is ending, or another opening has taken its place.';
  return new Fault({ kind: 'retryable' }, { code: 'OpeningEnded', remedy: 'none', message });
}
