import { Readable } from 'node:stream';
import { Fault, type ItemReason } from '../../../domain/faults';
import type { ItemRef, ReadItem } from '../../connector';
import { itemVerdict, type Request } from '../faults';
import { guardedEach } from '../guard';
import { getItemParts, getItems, mismatch } from '../operations/get-item';
import { EwsRefusal } from '../refusal';
import type { Session } from '../session';
import { MalformedAnswer, type Part } from '../soap/answer';
import type { Element } from '../soap/element';
import { idOf, refusalOf } from '../soap/message';
import { attachmentsXml, listedAttachments } from './attachments';
import { refused, type Cards } from './cards';
import { hasExceptions, readExceptions } from './exceptions';
import { exceptionsLine, headerLine } from './format';
import { shapeOf, type CopyKind } from './kind';
import { itemOf, markupOf } from './markup';

/** An item up to this size is read whole, several in one request; a larger one is piped. */
export const wholeItemBytes = 4 * 1024 * 1024;
/** Base64, and what a server's own size leaves out. */
const wholeContentBytes = 2 * wholeItemBytes;

const request: Request = { side: 'source', about: 'read' };
const conversionFailures = new Set([
  'ErrorMimeContentConversionFailed',
  'ErrorContentConversionFailed',
  'ErrorUnsupportedMimeConversion',
]);

/** Reads items of one mailbox as streams of the format `exchange`. */
export class ItemReader {
  /** Items whose reading failed for good when their stream was already on its way, by key and change key. */
  private readonly broken = new Map<string, ItemReason>();

  constructor(
    private readonly session: Session,
    private readonly cards: Cards,
  ) {}

  async *read(refs: readonly ItemRef[], signal: AbortSignal): AsyncGenerator<ReadItem, void, undefined> {
    const cards = await this.cards.of(
      refs.map((ref) => ref.sourceKey),
      signal,
    );
    const whole = new Map<CopyKind, ItemRef[]>();
    const piped: { ref: ItemRef; kind: CopyKind; sizeBytes: number }[] = [];
    for (const ref of refs) {
      const result = cards.get(ref.sourceKey) ?? { gone: true };
      const failed = this.broken.get(brokenKey(ref));
      if (failed) yield { ref, failed };
      else if (!('card' in result)) yield { ref, ...result };
      else if (result.card.sizeBytes > wholeItemBytes) piped.push({ ref, ...result.card });
      else whole.set(result.card.kind, [...(whole.get(result.card.kind) ?? []), ref]);
    }
    for (const [kind, group] of whole) {
      for await (const read of this.whole(kind, group, signal)) {
        if ('retryAs' in read) yield* this.piped(read.ref, read.retryAs, read.sizeBytes, signal);
        else yield read;
      }
    }
    for (const each of piped) yield* this.piped(each.ref, each.kind, each.sizeBytes, signal);
  }

  /**
   * Reads a group of one kind with one request; what turns out too large, or cannot be made MIME, is to be piped. What the server answered
   * before it stopped is yielded before the fault is thrown.
   */
  private async *whole(
    kind: CopyKind,
    refs: readonly ItemRef[],
    signal: AbortSignal,
  ): AsyncGenerator<ReadItem | Retry, void, undefined> {
    const ids = refs.map((ref) => ref.sourceKey);
    const parts = await getItemParts(this.session, ids, shapeOf(kind, kind === 'mime'), signal);
    const messages = await collectWithin(parts, wholeContentBytes);
    if (messages.length !== refs.length) throw mismatch(messages.map((each) => each.message));
    for (const [index, { message, sizeBytes, cut }] of messages.entries()) {
      const ref = refs[index];
      if (ref) yield await this.wholeOf(kind, ref, message, sizeBytes, cut, signal);
    }
  }

  private async wholeOf(
    kind: CopyKind,
    ref: ItemRef,
    message: Element,
    sizeBytes: number,
    cut: boolean,
    signal: AbortSignal,
  ): Promise<ReadItem | Retry> {
    const refusal = refusalOf(message);
    if (refusal && kind === 'mime' && conversionFailures.has(refusal.code))
      return { ref, retryAs: 'plain', sizeBytes };
    if (refusal) return { ref, ...refused(refusal) };
    const item = itemOf(message);
    const changeKey = idOf(item)?.changeKey;
    if (!item || changeKey === undefined) return { ref, gone: true };
    if (cut || attachedBytes(item) > wholeItemBytes) return { ref, retryAs: kind, sizeBytes };
    try {
      const pieces = await gathered(
        kind === 'mime' ? this.mimePieces(item) : this.copyPieces(kind, item, signal),
      );
      const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
      return { ref, changeKey, sizeBytes: length, open: () => Readable.from(pieces, { objectMode: false }) };
    } catch (error) {
      if (error instanceof EwsRefusal && error.details.ofOneItem) return { ref, ...refused(error) };
      throw error;
    }
  }

  private async *mimePieces(item: Element): AsyncGenerator<Buffer, void, undefined> {
    const markup = markupOf('mime', item);
    yield headerLine({ series: false });
    yield Buffer.from(markup.before);
    yield* item.children.find((each) => each.name === 'MimeContent')?.bulk ?? [];
    yield Buffer.from(markup.after);
  }

  private async *copyPieces(
    kind: CopyKind,
    item: Element,
    signal: AbortSignal,
  ): AsyncGenerator<Buffer, void, undefined> {
    const markup = markupOf(kind, item);
    const series = kind === 'calendar' && hasExceptions(item);
    yield headerLine({ series });
    yield Buffer.from(markup.before);
    yield* attachmentsXml(this.session, item, signal);
    yield Buffer.from(markup.after);
    if (series) yield exceptionsLine(await readExceptions(this.session, item, signal));
  }

  /** Reads one item's properties, then its content while the consumer takes it. */
  private async *piped(
    ref: ItemRef,
    kind: CopyKind,
    sizeBytes: number,
    signal: AbortSignal,
  ): AsyncGenerator<ReadItem, void, undefined> {
    const [message] = await getItems(this.session, [ref.sourceKey], shapeOf(kind, false), signal);
    const refusal = message && refusalOf(message);
    const item = message && itemOf(message);
    const changeKey = idOf(item)?.changeKey;
    if (refusal) yield { ref, ...refused(refusal) };
    else if (!item || changeKey === undefined) yield { ref, gone: true };
    else if (kind === 'mime') yield* this.pipedMime(ref, item, changeKey, sizeBytes, signal);
    else {
      const open = () => this.stream(ref, signal, () => this.copyPieces(kind, item, signal));
      yield { ref, changeKey, sizeBytes, open };
    }
  }

  /** Begins to read the MIME, so that a server that cannot make it says so before the item is promised. */
  private async *pipedMime(
    ref: ItemRef,
    item: Element,
    changeKey: string,
    sizeBytes: number,
    signal: AbortSignal,
  ): AsyncGenerator<ReadItem, void, undefined> {
    const parts = await getItemParts(this.session, [ref.sourceKey], { mime: true }, signal);
    try {
      const first = await nextOf(parts, 'bulk', 'message');
      const refusal = first?.kind === 'message' ? refusalOf(first.message) : undefined;
      if (refusal && conversionFailures.has(refusal.code)) yield* this.piped(ref, 'plain', sizeBytes, signal);
      else if (refusal) yield { ref, ...refused(refusal) };
      else {
        const open = () => this.stream(ref, signal, () => mimeStream(item, changeKey, first, parts));
        yield { ref, changeKey, sizeBytes, open };
      }
    } finally {
      await parts.return();
    }
  }

  /** A stream whose errors are faults; what is wrong with this very item is remembered for when it is asked for again. */
  private stream(ref: ItemRef, signal: AbortSignal, pieces: () => AsyncIterable<Buffer>): Readable {
    const noted = async function* (note: (refusal: EwsRefusal) => void) {
      try {
        yield* pieces();
      } catch (error) {
        if (error instanceof EwsRefusal && error.details.ofOneItem) note(error);
        throw error;
      }
    };
    const note = (refusal: EwsRefusal) => {
      const verdict = itemVerdict(refusal, request);
      if (verdict.kind === 'failed') this.broken.set(brokenKey(ref), verdict.reason);
    };
    return Readable.from(
      guardedEach(request, signal, () => noted(note)),
      { objectMode: false },
    );
  }
}

type Retry = { ref: ItemRef; retryAs: CopyKind; sizeBytes: number };

function brokenKey(ref: ItemRef): string {
  return `${ref.sourceKey} ${ref.changeKey}`;
}

async function* mimeStream(
  item: Element,
  changeKey: string,
  first: Part | undefined,
  rest: AsyncGenerator<Part, void, undefined>,
): AsyncGenerator<Buffer, void, undefined> {
  const markup = markupOf('mime', item);
  yield headerLine({ series: false });
  yield Buffer.from(markup.before);
  let last: Part | undefined = first;
  if (first?.kind === 'bulk') yield first.bytes;
  for await (const part of rest) {
    if (part.kind === 'bulk' && part.of.name === 'MimeContent') yield part.bytes;
    if (part.kind === 'message') last = part;
  }
  const message = last?.kind === 'message' ? last.message : undefined;
  const refusal = message && refusalOf(message);
  if (refusal) throw refusal;
  // The answer was broken off: nobody reads on once the iteration over the items has ended.
  if (!message) throw new MalformedAnswer('Truncated');
  const now = idOf(itemOf(message))?.changeKey;
  if (now !== changeKey) throw changedMeanwhile();
  yield Buffer.from(markup.after);
}

/** Two requests that read one item met two versions of it; both halves must be of the same. */
function changedMeanwhile(): Fault {
  const text = {
    code: 'ChangedWhileRead',
    remedy: 'none',
    message: 'The item changed while it was read.',
  } as const;
  return new Fault({ kind: 'retryable' }, text);
}

function attachedBytes(item: Element): number {
  return listedAttachments(item).reduce(
    (sum, each) => sum + (Number(each.children.find((part) => part.name === 'Size')?.text) || 0),
    0,
  );
}

interface Collected {
  message: Element;
  /** Of its bulk elements. */
  sizeBytes: number;
  /** Its bulk elements were larger than what is kept, and are not whole. */
  cut: boolean;
}

/** Reads all messages and keeps their bulk elements, of each message at most so many bytes. */
async function collectWithin(
  parts: AsyncGenerator<Part, void, undefined>,
  most: number,
): Promise<Collected[]> {
  const messages: Collected[] = [];
  let sizeBytes = 0;
  for await (const part of parts) {
    if (part.kind === 'bulk') {
      sizeBytes += part.bytes.length;
      if (sizeBytes <= most) (part.of.bulk ??= []).push(part.bytes);
    } else if (part.kind === 'message') {
      messages.push({ message: part.message, sizeBytes, cut: sizeBytes > most });
      sizeBytes = 0;
    }
  }
  return messages;
}

async function gathered(pieces: AsyncIterable<Buffer>): Promise<Buffer[]> {
  const all: Buffer[] = [];
  for await (const piece of pieces) all.push(piece);
  return all;
}

async function nextOf(
  parts: AsyncGenerator<Part, void, undefined>,
  ...kinds: Part['kind'][]
): Promise<Part | undefined> {
  for (;;) {
    const next = await parts.next();
    if (next.done) return undefined;
    if (kinds.includes(next.value.kind)) return next.value;
  }
}
