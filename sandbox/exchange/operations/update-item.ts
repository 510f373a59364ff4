import type { Call, Operation } from '../call';
import { EwsError, schemaFault } from '../errors';
import type { Draft } from '../properties/apply';
import { bodyFrom, dropMime, setProperty, sizeOf } from '../properties/apply';
import { parseExtendedUri } from '../properties/extended';
import { expand } from '../properties/recurrence';
import { renderItem } from '../properties/render-item';
import { elementOfUri } from '../properties/schema';
import { ID_ONLY, indexedName } from '../properties/shape';
import { decodeText, readMessage } from '../mime/read-message';
import { childrenOf } from '../store/fields';
import type { Mailbox } from '../store/mailbox';
import { now } from '../store/mailbox';
import type { Item, Stored } from '../store/records';
import type { Element } from '../xml/element';
import { child, children } from '../xml/element';
import { checkLimits } from './create-item';
import { occurrenceItem, putOccurrence } from './occurrences';
import type { ItemAt } from './resolve';
import { resolveItem } from './resolve';
import { respondEach } from './respond';
import { checkSequence, enumAttribute } from './schema-check';
import { noteSending } from './sending';

/** @see MS-OXWSCORE 3.1.4.9 UpdateItem */
export const updateItem: Operation = async (call, request, answer) => {
  checkSequence(request, ['SavedItemFolderId', 'ItemChanges'], ['ItemChanges']);
  const resolution = enumAttribute(request, 'ConflictResolution', [
    'NeverOverwrite',
    'AutoResolve',
    'AlwaysOverwrite',
  ] as const);
  const disposition = request.attrs['MessageDisposition'];
  const invitations = request.attrs['SendMeetingInvitationsOrCancellations'];
  const changes = children(child(request, 'ItemChanges'), 'ItemChange');
  await respondEach(call, answer, 'UpdateItem', changes, 'm:Items', async (change) => {
    const at = resolveItem(call, change.children[0] ?? change);
    checkVersion(at, resolution);
    if (at.item.element === 'Message' && disposition === undefined)
      throw new EwsError('ErrorMessageDispositionRequired', 'Message disposition is required.');
    if (at.item.element === 'CalendarItem' && invitations === undefined) {
      throw new EwsError(
        'ErrorSendMeetingInvitationsOrCancellationsRequired',
        'SendMeetingInvitationsOrCancellations attribute is required.',
      );
    }
    const updated =
      at.occurrence === undefined
        ? await update(call, at, change)
        : updateOccurrence(at.mailbox, at.item, at.occurrence, change);
    note(call, updated.item, disposition, invitations);
    return async () => {
      answer.open('m:Items');
      await renderItem(answer, {
        mailbox: at.mailbox,
        shape: ID_ONLY,
        view: 'item',
        zoneOffsetMinutes: call.policy.zoneOffsetMinutes,
        ...updated,
      });
      answer.close('m:Items');
      answer.raw('<m:ConflictResults><t:Count>0</t:Count></m:ConflictResults>');
    };
  });
};

function note(
  call: Call,
  item: Item,
  disposition: string | undefined,
  invitations: string | undefined,
): void {
  const mail = disposition !== undefined && disposition !== 'SaveOnly';
  noteSending(call, 'UpdateItem', item, mail, invitations !== undefined && invitations !== 'SendToNone');
}

/**
 * A client that holds an older version than the store is refused unless it says AlwaysOverwrite. Exchange merges under
 * AutoResolve where both sides changed different properties; the simulator is stricter and refuses there too.
 */
function checkVersion(at: ItemAt, resolution: string): void {
  if (resolution === 'AlwaysOverwrite') return;
  if (at.knownSeq === undefined)
    throw new EwsError(
      'ErrorChangeKeyRequiredForWriteOperations',
      'A change key is required for this operation.',
    );
  if (at.knownSeq === at.item.modSeq) return;
  if (at.occurrence !== undefined && at.knownSeq <= at.item.modSeq) return;
  throw new EwsError(
    'ErrorIrresolvableConflict',
    'The send or update operation could not be performed because the change key passed in the request does not match the current change key for the item.',
  );
}

async function update(call: Call, at: ItemAt, change: Element): Promise<{ item: Item }> {
  const before = at.item;
  const draft: Draft = {
    ...before,
    fields: { ...before.fields },
    ext: { ...before.ext },
    attachments: before.attachments,
  };
  for (const one of child(change, 'Updates')?.children ?? []) await applyUpdate(at.mailbox, draft, one);
  const after = difference(before, draft);
  if ('sizeBytes' in after)
    checkLimits(call, at.mailbox, after.sizeBytes ?? 0, (after.sizeBytes ?? 0) - before.sizeBytes);
  if (at.mailbox.item(before.counter) !== before)
    throw new EwsError('ErrorIrresolvableConflict', 'The item was changed by another client.');
  return { item: at.mailbox.changeItem(before, after) };
}

/** Only what differs, so that a change of the read flag alone is known as one. */
function difference(before: Item, draft: Draft): Partial<Item> {
  const keys: (keyof Draft & keyof Item)[] = [
    'itemClass',
    'associated',
    'read',
    'received',
    'sent',
    'created',
    'fields',
    'ext',
    'searchKey',
    'mime',
    'mimeHeaderBytes',
    'body',
    'plainBody',
    'attachments',
    'occurrences',
  ];
  const changed = Object.fromEntries(
    keys
      .filter((key) => JSON.stringify(before[key]) !== JSON.stringify(draft[key]))
      .map((key) => [key, draft[key]]),
  );
  const size = sizeOf(draft);
  return Object.keys(changed).some((key) => key !== 'read')
    ? { ...changed, sizeBytes: size }
    : { ...changed, modified: now() };
}

async function applyUpdate(mailbox: Mailbox, draft: Draft, update: Element): Promise<void> {
  const path = update.children[0];
  if (!path) throw schemaFault(`The element '${update.name}' has incomplete content.`);
  if (update.name === 'DeleteItemField') return deleteField(draft, path);
  const property = update.children[1]?.children[0];
  if (update.children.length !== 2 || !property || update.children[1]?.children.length !== 1) {
    throw new EwsError(
      'ErrorIncorrectUpdatePropertyCount',
      'An object within a change description must contain one and only one property to modify.',
    );
  }
  if (update.name === 'AppendToItemField') return append(mailbox, draft, property);
  if (update.name !== 'SetItemField')
    throw schemaFault(`The element 'Updates' has invalid child element '${update.name}'.`);
  if (path.name === 'FieldURI' && elementOfUri(path.attrs['FieldURI'] ?? '') !== property.name) {
    throw new EwsError(
      'ErrorUpdatePropertyMismatch',
      'The property path does not match the property of the object.',
    );
  }
  if (property.name === 'MimeContent') return replaceMime(mailbox, draft, property);
  if (property.name === 'ItemClass') draft.itemClass = property.text.trim();
  else if (path.name === 'FieldURI' && draft.fields[property.name]?.v instanceof Array)
    delete draft.fields[property.name];
  setProperty(mailbox, draft, property, 'update');
}

async function replaceMime(mailbox: Mailbox, draft: Draft, property: Element): Promise<void> {
  if (!property.spool?.sizeBytes)
    throw new EwsError('ErrorMimeContentInvalid', 'The MIME content is invalid.');
  const read = await readMessage(mailbox.contents, mailbox.contents.take(property.spool), now());
  delete draft.plainBody;
  draft.fields = { ...draft.fields, ...read.fields };
  draft.attachments = read.attachments;
  if (read.mime) draft.mime = read.mime;
  if (read.mimeHeaderBytes !== undefined) draft.mimeHeaderBytes = read.mimeHeaderBytes;
  if (read.body) draft.body = read.body;
  if (read.plainBody) draft.plainBody = read.plainBody;
}

function append(mailbox: Mailbox, draft: Draft, property: Element): void {
  if (property.name !== 'Body') return setProperty(mailbox, draft, property, 'update');
  const old = draft.body ? decodeText(mailbox.contents, draft.body) : '';
  setProperty(mailbox, draft, { ...property, text: old + property.text }, 'update');
}

function deleteField(draft: Draft, path: Element): void {
  if (path.name === 'ExtendedFieldURI') {
    delete draft.ext[parseExtendedUri(path).key];
    return;
  }
  const uri = path.attrs['FieldURI'] ?? '';
  if (path.name === 'IndexedFieldURI') return deleteEntry(draft, uri, path.attrs['FieldIndex'] ?? '');
  const name = elementOfUri(uri);
  if (!name) throw schemaFault(`The 'FieldURI' attribute is invalid - The value '${uri}' is invalid.`);
  if (name === 'Body') {
    delete draft.body;
    delete draft.plainBody;
    dropMime(draft);
  }
  delete draft.fields[name];
  if (name === 'Flag') delete draft.ext['0x1090:Integer'];
}

function deleteEntry(draft: Draft, uri: string, index: string): void {
  const { name, key, part } = indexedName(uri, index);
  const field = draft.fields[name];
  if (!field) return;
  const entries = childrenOf(field).flatMap((entry) => {
    if (entry.a?.['Key'] !== key) return [entry];
    const rest = part ? childrenOf(entry).filter((each) => each.n !== part) : [];
    return rest.length > 0 ? [{ ...entry, v: rest }] : [];
  });
  draft.fields[name] = { ...field, v: entries };
}

function updateOccurrence(
  mailbox: Mailbox,
  master: Item,
  index: number,
  change: Element,
): { item: Item; idElement: Stored } {
  const shown = occurrenceItem(mailbox, master, index);
  const before = master.occurrences?.find((each) => each.index === index);
  const draft: Draft = { ...shown.item, fields: { ...before?.fields }, ext: {}, attachments: [] };
  let body = before?.body;
  for (const one of child(change, 'Updates')?.children ?? []) {
    const property = one.children[1]?.children[0];
    if (one.name === 'SetItemField' && property?.name === 'Body') body = bodyFrom(mailbox, property);
    else if (one.name === 'SetItemField' && property) setProperty(mailbox, draft, property, 'create');
    else if (one.name === 'DeleteItemField' && one.children[0]) deleteField(draft, one.children[0]);
  }
  const originalStart = expand(master).at(index)?.start ?? '';
  const changed = putOccurrence(mailbox, master, {
    index,
    originalStart,
    deleted: false,
    modSeq: 0,
    fields: draft.fields,
    ...(body ? { body } : {}),
  });
  return occurrenceItem(mailbox, changed, index);
}
