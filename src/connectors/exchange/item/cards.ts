import type { Fault, ItemReason } from '../../../domain/faults';
import { textOf } from '../soap/element';
import { refusalOf } from '../soap/message';
import { getItems } from '../operations/get-item';
import { itemVerdict } from '../faults';
import type { EwsRefusal } from '../refusal';
import type { Session } from '../session';
import { copyKindOf, type CopyKind } from './kind';
import { itemOf } from './markup';

/** What has to be known of an item before it is read. */
export interface Card {
  kind: CopyKind;
  sizeBytes: number;
}

export type CardResult = { card: Card } | Refused;

/** Why an item cannot be read, now or at all. */
export type Refused = { gone: true } | { failed: ItemReason } | { again: Fault };

/** Enough for the pages that are being copied; what fell out is asked of the server. */
const mostCards = 4096;

/** Remembers kind and size of items that were listed just now, so that reading them takes one request. */
export class Cards {
  private readonly known = new Map<string, Card>();

  constructor(private readonly session: Session) {}

  note(sourceKey: string, itemClass: string, sizeBytes: number): void {
    this.known.delete(sourceKey);
    this.known.set(sourceKey, { kind: copyKindOf(itemClass), sizeBytes });
    const oldest = this.known.keys().next();
    if (this.known.size > mostCards && !oldest.done) this.known.delete(oldest.value);
  }

  async of(sourceKeys: readonly string[], signal: AbortSignal): Promise<Map<string, CardResult>> {
    const found = new Map<string, CardResult>();
    const unknown: string[] = [];
    for (const key of sourceKeys) {
      const card = this.known.get(key);
      if (card) found.set(key, { card });
      else unknown.push(key);
    }
    if (unknown.length > 0) await this.ask(unknown, found, signal);
    return found;
  }

  private async ask(
    keys: readonly string[],
    found: Map<string, CardResult>,
    signal: AbortSignal,
  ): Promise<void> {
    const shape = { fields: ['item:ItemClass', 'item:Size'] };
    const messages = await getItems(this.session, keys, shape, signal);
    messages.forEach((message, index) => {
      const key = keys[index] ?? '';
      const refusal = refusalOf(message);
      const item = itemOf(message);
      if (refusal) found.set(key, refused(refusal));
      else if (item) {
        this.note(key, textOf(item, 'ItemClass') ?? '', Number(textOf(item, 'Size') ?? 0) || 0);
        const card = this.known.get(key);
        if (card) found.set(key, { card });
      } else found.set(key, { gone: true });
    });
  }
}

/** @throws Fault where it is no item's business */
export function refused(refusal: EwsRefusal): Refused {
  const verdict = itemVerdict(refusal, { side: 'source', about: 'read' });
  if (verdict.kind === 'failed') return { failed: verdict.reason };
  if (verdict.kind !== 'fault') return { gone: true };
  if (verdict.fault.kind === 'throttled') return { again: verdict.fault };
  throw verdict.fault;
}
