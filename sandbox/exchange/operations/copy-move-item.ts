import type { Call, Operation } from '../call';
import { renderItem } from '../properties/render-item';
import { ID_ONLY } from '../properties/shape';
import type { Mailbox } from '../store/mailbox';
import type { Item } from '../store/records';
import { child } from '../xml/element';
import { EwsError } from '../errors';
import { checkLimits } from './create-item';
import { onlyFolder, resolveItem } from './resolve';
import { respondEach } from './respond';
import { checkSequence } from './schema-check';

type Transfer = (call: Call, mailbox: Mailbox, item: Item, folder: number) => Item;

function transferring(operation: 'CopyItem' | 'MoveItem', transfer: Transfer): Operation {
  return async (call, request, answer) => {
    checkSequence(request, ['ToFolderId', 'ItemIds', 'ReturnNewItemIds'], ['ToFolderId', 'ItemIds']);
    const target = onlyFolder(call, child(request, 'ToFolderId'));
    await respondEach(
      call,
      answer,
      operation,
      child(request, 'ItemIds')?.children ?? [],
      'm:Items',
      (element) => {
        const { mailbox, item } = resolveItem(call, element);
        if (mailbox !== target.mailbox)
          throw new EwsError(
            'ErrorCrossMailboxMoveCopy',
            'The items are in another mailbox than the target folder.',
          );
        const made = transfer(call, mailbox, item, target.folder.record.counter);
        return () => writeItem(call, mailbox, made, answer);
      },
    );
  };
}

async function writeItem(
  call: Call,
  mailbox: Mailbox,
  item: Item,
  answer: Parameters<Operation>[2],
): Promise<void> {
  answer.open('m:Items');
  await renderItem(answer, {
    mailbox,
    item,
    shape: ID_ONLY,
    view: 'item',
    zoneOffsetMinutes: call.policy.zoneOffsetMinutes,
  });
  answer.close('m:Items');
}

/** A copy keeps PR_SEARCH_KEY, as MAPI's CopyMessages does. @see MS-OXWSCORE 3.1.4.1 CopyItem */
export const copyItem = transferring('CopyItem', (call, mailbox, item, folder) => {
  checkLimits(call, mailbox, item.sizeBytes);
  return mailbox.addItem({ ...item, folder });
});

/** @see MS-OXWSCORE 3.1.4.7 MoveItem */
export const moveItem = transferring('MoveItem', (_call, mailbox, item, folder) =>
  mailbox.moveItem(item, folder),
);
