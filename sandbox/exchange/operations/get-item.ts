import type { Operation } from '../call';
import { renderItem } from '../properties/render-item';
import { parseShape } from '../properties/shape';
import { child } from '../xml/element';
import { occurrenceItem } from './occurrences';
import { resolveItem } from './resolve';
import { respondEach } from './respond';
import { checkSequence } from './schema-check';

/** @see MS-OXWSCORE 3.1.4.4 GetItem */
export const getItem: Operation = async (call, request, answer) => {
  checkSequence(request, ['ItemShape', 'ItemIds'], ['ItemShape', 'ItemIds']);
  const shape = parseShape(child(request, 'ItemShape'));
  const ids = child(request, 'ItemIds')?.children ?? [];
  await respondEach(call, answer, 'GetItem', ids, 'm:Items', (element) => {
    const at = resolveItem(call, element);
    const shown =
      at.occurrence === undefined ? { item: at.item } : occurrenceItem(at.mailbox, at.item, at.occurrence);
    return async () => {
      answer.open('m:Items');
      await renderItem(answer, {
        mailbox: at.mailbox,
        shape,
        view: 'item',
        zoneOffsetMinutes: call.policy.zoneOffsetMinutes,
        ...shown,
      });
      answer.close('m:Items');
    };
  });
};
