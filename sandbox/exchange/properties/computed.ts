import { createHash } from 'node:crypto';
import { fieldChildren, fieldText, partText } from '../store/fields';
import type { Mailbox } from '../store/mailbox';
import type { Item, Stored } from '../store/records';
import { formatDuration } from './dates';
import { calendarComputed } from './calendar';

/** Properties that follow from others or from the store; names that are not here are answered as they were stored. */
export interface ComputeContext {
  readonly mailbox: Mailbox;
  readonly item: Item;
}

type Compute = (context: ComputeContext) => string | Stored | undefined;

const stored = (item: Item, name: string): string | undefined => fieldText(item.fields, name);

function display(item: Item, field: string): string {
  return fieldChildren(item.fields, field)
    .flatMap((mailbox) => partText(mailbox, 'Name') ?? [])
    .join('; ');
}

const orElse =
  (name: string, fallback: string | undefined): Compute =>
  ({ item }) =>
    item.fields[name] ?? fallback;

const only =
  (elements: readonly string[], compute: Compute): Compute =>
  (context) =>
    elements.includes(context.item.element) ? compute(context) : undefined;

const RIGHTS: Stored = {
  n: 'EffectiveRights',
  v: [
    'CreateAssociated',
    'CreateContents',
    'CreateHierarchy',
    'Delete',
    'Modify',
    'Read',
    'ViewPrivateItems',
  ].map((n) => ({
    n,
    v: String(!['CreateAssociated', 'CreateContents', 'CreateHierarchy'].includes(n)),
  })),
};

const MAIL = ['Message', 'MeetingRequest', 'MeetingResponse', 'MeetingCancellation'];

export const COMPUTED: Readonly<Record<string, Compute>> = {
  ItemId: ({ mailbox, item }) => {
    const { id, changeKey } = mailbox.itemIdOf(item);
    return { n: 'ItemId', a: { Id: id, ChangeKey: changeKey }, v: [] };
  },
  ParentFolderId: ({ mailbox, item }) => {
    const folder = mailbox.folders.get(item.folder);
    if (!folder) return undefined;
    const { id, changeKey } = mailbox.folderIdOf(folder.record);
    return { n: 'ParentFolderId', a: { Id: id, ChangeKey: changeKey }, v: [] };
  },
  ItemClass: ({ item }) => item.itemClass,
  Sensitivity: orElse('Sensitivity', 'Normal'),
  Importance: orElse('Importance', 'Normal'),
  DateTimeReceived: ({ item }) => item.received,
  DateTimeSent: ({ item }) => item.sent,
  DateTimeCreated: ({ item }) => item.created,
  LastModifiedTime: ({ item }) => item.modified,
  LastModifiedName: ({ mailbox }) => mailbox.settings.displayName,
  Size: ({ item }) => String(item.sizeBytes),
  IsSubmitted: () => 'false',
  IsFromMe: () => 'false',
  IsResend: () => 'false',
  IsUnmodified: () => 'false',
  IsDraft: ({ item }) => String(item.draft),
  IsAssociated: ({ item }) => String(item.associated),
  HasAttachments: ({ item }) => String(item.attachments.some((each) => !each.inline)),
  ReminderIsSet: orElse('ReminderIsSet', 'false'),
  ReminderMinutesBeforeStart: orElse('ReminderMinutesBeforeStart', '0'),
  Culture: orElse('Culture', 'en-US'),
  DisplayTo: ({ item }) => display(item, 'ToRecipients'),
  DisplayCc: ({ item }) => display(item, 'CcRecipients'),
  EffectiveRights: () => RIGHTS,
  ConversationId: ({ mailbox, item }) => {
    const topic = stored(item, 'ConversationTopic') ?? stored(item, 'Subject') ?? '';
    const id = createHash('sha256').update(`${mailbox.settings.mailboxGuid}/${topic}`).digest('base64');
    return { n: 'ConversationId', a: { Id: `AAQk${id}` }, v: [] };
  },
  InstanceKey: ({ item }) => createHash('md5').update(String(item.counter)).digest('base64'),
  Flag: ({ item }) =>
    item.fields['Flag'] ??
    (MAIL.includes(item.element) ? { n: 'Flag', v: [{ n: 'FlagStatus', v: 'NotFlagged' }] } : undefined),
  IsRead: only([...MAIL, 'PostItem'], ({ item }) => String(item.read)),
  ConversationTopic: only(MAIL, ({ item }) => item.fields['ConversationTopic'] ?? stored(item, 'Subject')),
  PostedTime: only(['PostItem'], ({ item }) => item.fields['PostedTime'] ?? item.created),
  IsReadReceiptRequested: only(MAIL, orElse('IsReadReceiptRequested', 'false')),
  IsDeliveryReceiptRequested: only(MAIL, orElse('IsDeliveryReceiptRequested', 'false')),
  HasPicture: only(['Contact'], ({ item }) => String(item.attachments.some((each) => each.photo === true))),
  CompleteName: only(['Contact'], completeName),
  IsComplete: only(['Task'], ({ item }) => String(stored(item, 'Status') === 'Completed')),
  Status: only(['Task'], orElse('Status', 'NotStarted')),
  PercentComplete: only(['Task'], orElse('PercentComplete', '0')),
  ChangeCount: only(['Task'], () => '1'),
  IsTeamTask: only(['Task'], () => 'false'),
  IsAssignmentEditable: only(['Task'], () => 'true'),
  DelegationState: only(['Task'], () => 'NoMatch'),
  Owner: only(['Task'], ({ mailbox }) => mailbox.settings.displayName),
  IsRecurring: ({ item }) =>
    item.element === 'Task'
      ? String(item.fields['Recurrence'] !== undefined)
      : calendarComputed('IsRecurring', item),
  Duration: ({ item }) => {
    const start = stored(item, 'Start');
    const end = stored(item, 'End');
    return start && end ? formatDuration(Date.parse(end) - Date.parse(start)) : undefined;
  },
  Organizer: only(
    ['CalendarItem', 'MeetingRequest'],
    ({ mailbox, item }) =>
      item.fields['Organizer'] ?? {
        n: 'Organizer',
        v: [
          {
            n: 'Mailbox',
            v: [
              { n: 'Name', v: mailbox.settings.displayName },
              { n: 'EmailAddress', v: mailbox.settings.address },
              { n: 'RoutingType', v: 'SMTP' },
            ],
          },
        ],
      },
  ),
};

function completeName({ item }: ComputeContext): Stored | undefined {
  const parts: [string, string][] = [
    ['FirstName', 'GivenName'],
    ['MiddleName', 'MiddleName'],
    ['LastName', 'Surname'],
    ['Suffix', 'Generation'],
    ['Initials', 'Initials'],
    ['FullName', 'DisplayName'],
    ['Nickname', 'Nickname'],
  ];
  const v = parts.flatMap(([n, field]) => {
    const value = stored(item, field);
    return value === undefined ? [] : [{ n, v: value }];
  });
  return v.length > 0 ? { n: 'CompleteName', v } : undefined;
}

/** The value of a property of an item; undefined where it has none. */
export function propertyOf(context: ComputeContext, name: string): Stored | undefined {
  const compute = COMPUTED[name];
  const value = compute
    ? compute(context)
    : (calendarComputed(name, context.item, context.mailbox) ?? context.item.fields[name]);
  return typeof value === 'string' ? { n: name, v: value } : value;
}
