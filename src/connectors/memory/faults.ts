import { Fault, type ItemReason } from '../../domain/faults';
import type { Side } from '../../domain/mailbox';

export function folderGone(side: Side): Fault {
  return new Fault(
    { kind: 'folder', side, reason: 'gone' },
    { code: 'FolderNotFound', remedy: 'checkFolder', message: 'the folder is not there' },
    true,
  );
}

export function closed(): Fault {
  return new Fault(
    { kind: 'retryable' },
    { code: 'Closed', remedy: 'none', message: 'the mailbox was closed' },
    true,
  );
}

export function requestTooLarge(bytes: number, limit: number): Fault {
  return new Fault(
    { kind: 'retryable', tooLarge: true },
    {
      code: 'RequestTooLarge',
      remedy: 'raiseRequestLimit',
      message: `a request of ${bytes} bytes, where ${limit} are allowed`,
    },
    true,
  );
}

export function brokenContent(cause: unknown): Fault {
  return new Fault(
    { kind: 'retryable' },
    { code: 'BrokenContent', remedy: 'none', message: 'the content of an item broke off' },
    false,
    { cause },
  );
}

/** @see README "Faults": an item that the server cannot give */
export const unreadable: ItemReason = {
  code: 'ItemCorrupt',
  remedy: 'checkItem',
  message: 'the server cannot read the item',
};
