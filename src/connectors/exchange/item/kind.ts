import type { ShapeOptions } from '../soap/envelope';
import { copied, messageFlags } from './properties';

/** How an item is copied: as MIME with what MIME does not carry, or property by property. */
export type CopyKind = keyof typeof copied;

/** @param itemClass case-insensitive */
export function copyKindOf(itemClass: string): CopyKind {
  const upper = itemClass.toUpperCase();
  const is = (name: string) => upper === name || upper.startsWith(`${name}.`);
  if (is('IPM.APPOINTMENT')) return 'calendar';
  if (is('IPM.CONTACT')) return 'contact';
  if (is('IPM.DISTLIST')) return 'list';
  if (is('IPM.TASK')) return 'task';
  if (is('IPM.STICKYNOTE') || is('IPM.ACTIVITY') || is('IPM.POST')) return 'plain';
  return 'mime';
}

const mimeFields = [
  'item:ItemClass',
  'item:Size',
  'item:Sensitivity',
  'item:Importance',
  'item:Categories',
  'item:IsDraft',
  'item:Culture',
  'item:Flag',
  'message:BccRecipients',
  'message:IsRead',
];

/** What is asked of the source for an item of this kind. */
export function shapeOf(kind: CopyKind, mime: boolean): ShapeOptions {
  if (kind === 'mime') return { mime, fields: mimeFields, properties: copied.mime };
  return {
    base: 'AllProperties',
    properties: kind === 'plain' ? [...copied.plain, messageFlags] : copied[kind],
  };
}

/**
 * The elements written for each kind, in the order of the schema, which the server insists on.
 * `@attachments` and `@properties` stand for what is made at that place.
 * @see types.xsd of EWS: ItemType, MessageType, CalendarItemType, ContactItemType, DistributionListType, TaskType
 */
const words = (text: string) => text.split(/\s+/);
const common = words(`ItemClass Subject Sensitivity Body @attachments Categories Importance`);
const message =
  words(`Sender ToRecipients CcRecipients BccRecipients IsReadReceiptRequested IsDeliveryReceiptRequested From IsRead
  ReplyTo`);

export const written: Readonly<Record<CopyKind, readonly string[]>> = {
  mime: words(
    `@mime ItemClass Sensitivity Categories Importance @properties Culture Flag BccRecipients IsReadReceiptRequested IsRead`,
  ),
  calendar: [
    ...common,
    ...words(`ReminderIsSet ReminderMinutesBeforeStart @properties Culture UID Start End IsAllDayEvent LegacyFreeBusyStatus Location
      IsResponseRequested RequiredAttendees OptionalAttendees Resources Recurrence StartTimeZone EndTimeZone ConferenceType
      AllowNewTimeProposal IsOnlineMeeting MeetingWorkspaceUrl NetShowUrl`),
  ],
  contact: [
    ...common,
    ...words(`ReminderDueBy ReminderIsSet @properties Culture Flag FileAs FileAsMapping DisplayName GivenName Initials MiddleName Nickname
      CompanyName EmailAddresses PhysicalAddresses PhoneNumbers AssistantName Birthday BusinessHomePage Children Companies Department
      Generation ImAddresses JobTitle Manager Mileage OfficeLocation PostalAddressIndex Profession SpouseName Surname
      WeddingAnniversary`),
  ],
  list: [...common, ...words(`@properties Culture DisplayName FileAs Members`)],
  task: [
    ...common,
    ...words(`ReminderDueBy ReminderIsSet @properties Culture ActualWork BillingInformation Companies CompleteDate Contacts DueDate
      Mileage PercentComplete Recurrence StartDate Status TotalWork`),
  ],
  plain: [...common, ...words(`ReminderDueBy ReminderIsSet @properties Culture Flag`), ...message],
};

/** The element an item is made as: what no client may create is made as the message it is, by its class. */
export function createdAs(kind: CopyKind, element: string): string {
  switch (kind) {
    case 'calendar':
      return 'CalendarItem';
    case 'contact':
      return 'Contact';
    case 'list':
      return 'DistributionList';
    case 'task':
      return 'Task';
    case 'mime':
    case 'plain':
      return element === 'PostItem' ? 'PostItem' : 'Message';
  }
}
