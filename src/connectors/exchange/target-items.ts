import { Fault, type ItemReason } from '../../domain/faults';
import type { PutItem, PutOutcome, SendWindow, Stamp, TargetFolder } from '../connector';
import { meaningOf, type Meaning } from './codes';
import { asNotDone, faultOf, itemVerdict, mayBeOfItem, surelyLargeBytes, type Request } from './faults';
import { TransportFailure } from './http';
import type { Exceptions } from './item/format';
import { itemOf } from './item/markup';
import { setStampXml } from './item/stamp';
import { createItems } from './operations/create-item';
import { deleteItems } from './operations/delete-item';
import { mayPutInto } from './operations/get-folder';
import { getItems, mismatch } from './operations/get-item';
import { makeExceptions } from './operations/occurrences';
import { updateItems } from './operations/update-item';
import { EwsRefusal, HttpRefusal } from './refusal';
import type { Session } from './session';
import { idOf, refusalOf } from './soap/message';
import type { Element } from './soap/element';

export async function putItems(
  session: Session,
  folder: TargetFolder,
  items: readonly PutItem[],
  window: SendWindow,
  signal: AbortSignal,
  brokenOff: BrokenOff,
): Promise<PutOutcome[]> {
  if (items.length === 0) return [];
  const sizeBytes = items.reduce((sum, item) => sum + item.sizeBytes, 0);
  const whole: Request = { side: 'target', about: 'put', sizeBytes };
  try {
    const { messages, exceptions } = await createItems(
      session,
      folder.id,
      items,
      () => window.hold(),
      signal,
    );
    if (messages.length !== items.length) throw mismatch(messages);
    const request = { ...whole, takesOthers: await takesOthers(session, folder, messages, signal) };
    const outcomes: PutOutcome[] = [];
    for (const [index, item] of items.entries()) {
      const message = messages[index];
      if (message)
        outcomes.push(await outcomeOf(session, item, message, exceptions[index], request, window, signal));
    }
    return outcomes;
  } catch (error) {
    const only = items.length === 1 ? items[0] : undefined;
    const reason = only && refusedAlone(error, only);
    if (reason) return [{ kind: 'failed', reason }];
    throw brokenOff.noticed(error, items) ?? faultOf(error, whole);
  }
}

/**
 * Whether it is the items that may not be put where some may not, and not the folder that takes none: it has taken another with the same
 * answer, or is asked. What it took or denied before says nothing of now.
 */
async function takesOthers(
  session: Session,
  { id }: TargetFolder,
  messages: readonly Element[],
  signal: AbortSignal,
): Promise<boolean> {
  const refusals = messages.map((message) => refusalOf(message));
  if (refusals.includes(undefined)) return true;
  if (!refusals.some((refusal) => refusal && mayBeOfItem(refusal))) return false;
  try {
    return await mayPutInto(session, id, signal);
  } catch (error) {
    signal.throwIfAborted();
    throw inDoubt(faultOf(error, { side: 'target', about: 'folder' }));
  }
}

async function outcomeOf(
  session: Session,
  item: PutItem,
  message: Element,
  exceptions: Exceptions | undefined,
  request: Request,
  window: SendWindow,
  signal: AbortSignal,
): Promise<PutOutcome> {
  const refusal = refusalOf(message);
  if (refusal) return refusedPut(refusal, request);
  const made = idOf(itemOf(message));
  if (!made) throw new Fault({ kind: 'retryable' }, noId);
  if (!exceptions) return { kind: 'copied', targetId: made.id, targetChangeKey: made.changeKey };
  try {
    return await finishSeries(session, item.stamp, made.id, exceptions, request, window, signal);
  } catch (error) {
    signal.throwIfAborted();
    const fault = faultOf(error, request);
    // Without its half-made copy it is surely not there, and the other items of the request need not be doubted.
    if (await isRemoved(session, made.id, window, signal)) return { kind: 'again', fault: asNotDone(fault) };
    throw inDoubt(fault);
  }
}

async function isRemoved(
  session: Session,
  id: string,
  window: SendWindow,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    const [removed] = await deleteItems(session, [id], () => window.hold(), signal);
    return removed !== undefined && refusalOf(removed) === undefined;
  } catch {
    signal.throwIfAborted();
    return false;
  }
}

/** Whatever a later request did or did not do: the items were made by the first. */
function inDoubt(fault: Fault): Fault {
  return fault.notDone ? new Fault(fault.details, fault.text) : fault;
}

const noId = {
  code: 'NoItemId',
  remedy: 'wait',
  message: 'The server does not say which item it made.',
} as const;

/** An item that the server surely did not make is put again; where it is not sure, all are in doubt. */
function refusedPut(refusal: EwsRefusal, request: Request): PutOutcome {
  const verdict = itemVerdict(refusal, request);
  if (verdict.kind === 'failed') return verdict;
  if (verdict.kind === 'fault' && !verdict.fault.notDone) throw verdict.fault;
  return {
    kind: 'again',
    fault: verdict.kind === 'fault' ? verdict.fault : asNotDone(faultOf(refusal, request)),
  };
}

/** The exceptions of a series and then its stamp as finished; a series that cannot be made whole is removed again. */
async function finishSeries(
  session: Session,
  stamp: Stamp,
  id: string,
  exceptions: Exceptions,
  request: Request,
  window: SendWindow,
  signal: AbortSignal,
): Promise<PutOutcome> {
  const hold = () => window.hold();
  try {
    await makeExceptions(session, id, exceptions, hold, signal);
  } catch (error) {
    const verdict = error instanceof EwsRefusal ? itemVerdict(error, request) : undefined;
    if (verdict?.kind !== 'failed') throw error;
    const [removed] = await deleteItems(session, [id], hold, signal);
    const refusal = removed && refusalOf(removed);
    if (refusal) throw refusal;
    return { kind: 'failed', reason: verdict.reason };
  }
  const changeKey = await changeKeyOf(session, id, signal);
  const updates = setStampXml({ ...stamp, unfinished: false });
  const [message] = await updateItems(session, [{ id, changeKey, updates }], hold, signal);
  const refusal = message && refusalOf(message);
  if (refusal) throw refusal;
  const done = message && idOf(itemOf(message));
  return {
    kind: 'copied',
    targetId: id,
    targetChangeKey: done?.changeKey ?? (await changeKeyOf(session, id, signal)),
  };
}

async function changeKeyOf(session: Session, id: string, signal: AbortSignal): Promise<string> {
  const [message] = await getItems(session, [id], {}, signal);
  const refusal = message && refusalOf(message);
  if (refusal) throw refusal;
  return idOf(message && itemOf(message))?.changeKey ?? '';
}

const ofItems = new Set<Meaning>(['itemBad', 'itemTooLarge', 'requestBad']);

/** A whole request of one item that the server refuses for what it is, not for when it comes. */
function refusedAlone(error: unknown, item: PutItem): ItemReason | undefined {
  if (error instanceof EwsRefusal) {
    // An unknown code for a whole request may pass; one that speaks of the item, or of the request's form, does not.
    if (!ofItems.has(meaningOf(error.code) ?? 'passing')) return undefined;
    const verdict = itemVerdict(error, { side: 'target', about: 'put' });
    return verdict.kind === 'failed' ? verdict.reason : undefined;
  }
  if (!(error instanceof HttpRefusal) || error.status !== 400 || item.sizeBytes >= surelyLargeBytes)
    return undefined;
  return { code: 'HTTP 400', remedy: 'checkItem', message: 'The server cannot read or store this item.' };
}

/**
 * Notices a server that breaks off what is too large for it instead of saying so: the same large item, alone, again and again.
 * What breaks off once may be the network.
 */
export class BrokenOff {
  private readonly times = new Map<string, number>();

  /** @returns the fault to give instead, where it is certain enough */
  noticed(error: unknown, items: readonly PutItem[]): Fault | undefined {
    const [item] = items;
    if (!(error instanceof TransportFailure) || error.sent !== 'part') return undefined;
    if (!item || items.length > 1 || item.sizeBytes < surelyLargeBytes || /TIMEOUT/.test(error.code))
      return undefined;
    const key = `${item.stamp.sourceKey} ${item.stamp.changeKey}`;
    const times = (this.times.get(key) ?? 0) + 1;
    this.times.set(key, times);
    if (times < brokenOffTimes) return undefined;
    const message = `The server breaks the connection off each time this item of ${item.sizeBytes} bytes is on its way.`;
    return new Fault(
      { kind: 'retryable', tooLarge: true },
      { code: error.code, remedy: 'raiseRequestLimit', message },
      true,
    );
  }
}

const brokenOffTimes = 3;
