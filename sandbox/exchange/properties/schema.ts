import type { ItemElement } from '../store/records';

/** The properties of each item element in the order of EWS's schema. @see types.xsd, ItemType and what extends it */

const words = (text: string): readonly string[] => text.split(/\s+/).filter(Boolean);

const ITEM =
  words(`MimeContent ItemId ParentFolderId ItemClass Subject Sensitivity Body Attachments DateTimeReceived Size
  Categories Importance InReplyTo IsSubmitted IsDraft IsFromMe IsResend IsUnmodified InternetMessageHeaders DateTimeSent
  DateTimeCreated ResponseObjects ReminderDueBy ReminderIsSet ReminderNextTime ReminderMinutesBeforeStart DisplayCc DisplayTo
  DisplayBcc HasAttachments ExtendedProperty Culture EffectiveRights LastModifiedName LastModifiedTime IsAssociated
  WebClientReadFormQueryString WebClientEditFormQueryString ConversationId UniqueBody Flag StoreEntryId InstanceKey
  NormalizedBody EntityExtractionResult PolicyTag ArchiveTag RetentionDate Preview RightsManagementLicenseData
  PredictedActionReasons IsClutter BlockStatus HasBlockedImages TextBody IconIndex`);

const MESSAGE =
  words(`Sender ToRecipients CcRecipients BccRecipients IsReadReceiptRequested IsDeliveryReceiptRequested
  ConversationIndex ConversationTopic From InternetMessageId IsRead IsResponseRequested References ReplyTo ReceivedBy
  ReceivedRepresenting ApprovalRequestData VotingInformation ReminderMessageData`);

const CALENDAR =
  words(`UID RecurrenceId DateTimeStamp Start End OriginalStart IsAllDayEvent LegacyFreeBusyStatus Location When
  IsMeeting IsCancelled IsRecurring MeetingRequestWasSent IsResponseRequested CalendarItemType MyResponseType Organizer
  RequiredAttendees OptionalAttendees Resources InboxReminders ConflictingMeetingCount AdjacentMeetingCount ConflictingMeetings
  AdjacentMeetings Duration TimeZone AppointmentReplyTime AppointmentSequenceNumber AppointmentState Recurrence FirstOccurrence
  LastOccurrence ModifiedOccurrences DeletedOccurrences MeetingTimeZone StartTimeZone EndTimeZone ConferenceType
  AllowNewTimeProposal IsOnlineMeeting MeetingWorkspaceUrl NetShowUrl EnhancedLocation StartWallClock EndWallClock
  StartTimeZoneId EndTimeZoneId IntendedFreeBusyStatus JoinOnlineMeetingUrl OnlineMeetingSettings IsOrganizer`);

const CONTACT =
  words(`FileAs FileAsMapping DisplayName GivenName Initials MiddleName Nickname CompleteName CompanyName
  EmailAddresses AbchEmailAddresses PhysicalAddresses PhoneNumbers AssistantName Birthday BusinessHomePage Children Companies
  ContactSource Department Generation ImAddresses JobTitle Manager Mileage OfficeLocation PostalAddressIndex Profession SpouseName
  Surname WeddingAnniversary HasPicture PhoneticFullName PhoneticFirstName PhoneticLastName Alias Notes Photo
  UserSMIMECertificate MSExchangeCertificate DirectoryId ManagerMailbox DirectReports`);

const TASK =
  words(`ActualWork AssignedTime BillingInformation ChangeCount Companies CompleteDate Contacts DelegationState
  Delegator DueDate IsAssignmentEditable IsComplete IsRecurring IsTeamTask Mileage Owner PercentComplete Recurrence StartDate
  Status StatusDescription TotalWork`);

const MEETING =
  words(`AssociatedCalendarItemId IsDelegated IsOutOfDate HasBeenProcessed ResponseType UID RecurrenceId DateTimeStamp
  IsOrganizer`);

const OWN: Readonly<Record<ItemElement, readonly string[]>> = {
  Item: [],
  Message: MESSAGE,
  CalendarItem: CALENDAR,
  Contact: CONTACT,
  DistributionList: words('DisplayName FileAs ContactSource Members'),
  Task: TASK,
  PostItem: words(
    'ConversationIndex ConversationTopic From InternetMessageId IsRead PostedTime References Sender',
  ),
  MeetingRequest: [
    ...MESSAGE,
    ...MEETING,
    ...words('MeetingRequestType IntendedFreeBusyStatus'),
    ...CALENDAR.slice(3),
  ],
  MeetingResponse: [
    ...MESSAGE,
    ...MEETING,
    ...words('Start End Location Recurrence CalendarItemType ProposedStart ProposedEnd'),
  ],
  MeetingCancellation: [...MESSAGE, ...MEETING, ...words('Start End Location Recurrence CalendarItemType')],
};

const orders = new Map<ItemElement, ReadonlyMap<string, number>>();

/** Name to position in the schema; a name that is not in it does not belong to the element. */
export function orderOf(element: ItemElement): ReadonlyMap<string, number> {
  let order = orders.get(element);
  if (!order) {
    order = new Map([...new Set([...ITEM, ...OWN[element]])].map((name, index) => [name, index]));
    orders.set(element, order);
  }
  return order;
}

export function isItemElement(name: string): name is ItemElement {
  return name in OWN;
}

const BY_PREFIX: Readonly<Record<string, ReadonlySet<string>>> = {
  item: new Set([
    ...ITEM,
    'ReminderMinutesBeforeStart',
    'Hashtags',
    'Mentions',
    'MentionedMe',
    'SearchKey',
    'SortKey',
    'ItemParentId',
  ]),
  message: new Set([...MESSAGE, 'SharingInstance']),
  calendar: new Set([...CALENDAR, 'CalendarFolderGuid', 'DoNotForwardMeeting', 'JoinOnlineMeetingUrl']),
  contacts: new Set([
    ...CONTACT,
    'EmailAddress',
    'PhysicalAddress',
    'PhoneNumber',
    'ImAddress',
    'YomiFirstName',
    'YomiLastName',
  ]),
  task: new Set(TASK),
  distributionlist: new Set(['Members']),
  postitem: new Set(['PostedTime']),
  meeting: new Set([...MEETING, 'ProposedStart', 'ProposedEnd']),
  meetingRequest: new Set(words('MeetingRequestType IntendedFreeBusyStatus ChangeHighlights')),
  conversation: new Set(['ConversationId']),
};

/** The element name behind a FieldURI such as `item:Subject`; undefined where the schema has no such URI. */
export function elementOfUri(uri: string): string | undefined {
  const [prefix = '', name = ''] = uri.split(':');
  return BY_PREFIX[prefix]?.has(name) ? name : undefined;
}

/** What the shape Default holds beside the item id. @see the "Default" tables of GetItem per item type */
export const DEFAULT_SHAPE: ReadonlySet<string> = new Set(
  words(`ItemId Subject Sensitivity Body Attachments Size DateTimeSent DateTimeCreated ResponseObjects HasAttachments
    ToRecipients CcRecipients BccRecipients IsReadReceiptRequested IsDeliveryReceiptRequested From IsRead InternetMessageId
    ReplyTo References ConversationIndex ConversationTopic Sender
    Start End Location IsRecurring CalendarItemType LegacyFreeBusyStatus IsMeeting Organizer RequiredAttendees UID Recurrence
    FileAs DisplayName GivenName CompanyName EmailAddresses PhysicalAddresses PhoneNumbers ImAddresses JobTitle Surname CompleteName
    DueDate PercentComplete StartDate Status IsComplete Members PostedTime`),
);

/** What AllProperties leaves out because it costs a conversion of its own. */
export const NOT_IN_ALL: ReadonlySet<string> = new Set(
  words('MimeContent UniqueBody NormalizedBody TextBody EntityExtractionResult Photo Preview'),
);

/** What FindItem and SyncFolderItems never return. */
export const NOT_IN_VIEWS: ReadonlySet<string> = new Set(
  words(`MimeContent Body UniqueBody NormalizedBody TextBody Attachments InternetMessageHeaders ToRecipients CcRecipients
    BccRecipients ReplyTo RequiredAttendees OptionalAttendees Resources Recurrence FirstOccurrence LastOccurrence
    ModifiedOccurrences DeletedOccurrences StartTimeZone EndTimeZone MeetingTimeZone Members ResponseObjects`),
);

/** Properties that are dates with time. */
export const DATES: ReadonlySet<string> = new Set(
  words(`DateTimeReceived DateTimeSent DateTimeCreated LastModifiedTime ReminderDueBy ReminderNextTime RecurrenceId DateTimeStamp Start End
    OriginalStart AppointmentReplyTime Birthday WeddingAnniversary AssignedTime CompleteDate DueDate StartDate PostedTime
    ProposedStart ProposedEnd`),
);

/** Properties that are true or false, which clients may also write as 1 or 0. */
export const BOOLEANS: ReadonlySet<string> = new Set(
  words(`ReminderIsSet IsAllDayEvent IsResponseRequested IsReadReceiptRequested IsDeliveryReceiptRequested AllowNewTimeProposal
    IsOnlineMeeting IsDelegated IsOutOfDate HasBeenProcessed`),
);

/** The item element for an item class. Sticky notes, journal entries and custom forms are messages to EWS. */
export function elementOfClass(itemClass: string): ItemElement {
  const lower = itemClass.toLowerCase();
  const is = (prefix: string): boolean => lower === prefix || lower.startsWith(`${prefix}.`);
  if (is('ipm.appointment')) return 'CalendarItem';
  if (is('ipm.contact')) return 'Contact';
  if (is('ipm.distlist')) return 'DistributionList';
  if (is('ipm.task')) return 'Task';
  if (is('ipm.post')) return 'PostItem';
  if (is('ipm.schedule.meeting.request')) return 'MeetingRequest';
  if (is('ipm.schedule.meeting.resp')) return 'MeetingResponse';
  return is('ipm.schedule.meeting.canceled') ? 'MeetingCancellation' : 'Message';
}

export const CLASS_OF_ELEMENT: Readonly<Record<ItemElement, string>> = {
  Item: 'IPM.Note',
  Message: 'IPM.Note',
  CalendarItem: 'IPM.Appointment',
  Contact: 'IPM.Contact',
  DistributionList: 'IPM.DistList',
  Task: 'IPM.Task',
  PostItem: 'IPM.Post',
  MeetingRequest: 'IPM.Schedule.Meeting.Request',
  MeetingResponse: 'IPM.Schedule.Meeting.Resp.Pos',
  MeetingCancellation: 'IPM.Schedule.Meeting.Canceled',
};
