import type { PropertyType, PropertyUri } from '../soap/envelope';

/** Extended properties the copy carries beside what EWS has elements for. @see MS-OXPROPS for each name */

const tag = (number: string, type: PropertyType): PropertyUri => ({ tag: number, type });
const named = (set: string, id: number, type: PropertyType): PropertyUri => ({ set, id, type });
const inSet = (guid: string, id: number, type: PropertyType): PropertyUri => ({ guid, id, type });

/** PidTagMessageFlags: bit 0 read, bit 3 unsent; can be set at creation only. */
export const messageFlags = tag('0x0E07', 'Integer');
/** PidTagFlagStatus: 1 complete, 2 flagged. */
export const flagStatus = tag('0x1090', 'Integer');
/** PidTagSearchKey stays with an item when it moves to another folder. */
export const searchKey = tag('0x300B', 'Binary');
/** PidTagEntryId. */
export const entryId = tag('0x0FFF', 'Binary');
/** PidTagMessageDeliveryTime. */
export const deliveryTime = tag('0x0E06', 'SystemTime');
/** PidLidAppointmentStartWhole. */
export const appointmentStart = named('Appointment', 0x820d, 'SystemTime');
/** PidLidClipEnd of a series: the day its last occurrence ends, 4500-08-31 where it has no end. @see MS-OXOCAL 2.2.1.15 */
export const seriesEnd = named('Appointment', 0x8236, 'SystemTime');
/** PidTagAttributeHidden of a folder. */
export const hiddenFolder = tag('0x10F4', 'Boolean');
/** PidTagFolderType: 2 is a search folder. */
export const folderType = tag('0x3601', 'Integer');
/** PidTagMessageSizeExtended of a folder. */
export const folderSize = tag('0x0E08', 'Long');

const dates = [deliveryTime, tag('0x0039', 'SystemTime')];

const followUp = [
  flagStatus,
  tag('0x1091', 'SystemTime'),
  tag('0x1095', 'Integer'),
  tag('0x0E2B', 'Integer'),
  named('Common', 0x8530, 'String'),
  named('Common', 0x85a4, 'String'),
  named('Task', 0x8101, 'Integer'),
  named('Task', 0x8104, 'SystemTime'),
  named('Task', 0x8105, 'SystemTime'),
  named('Task', 0x810f, 'SystemTime'),
  named('Task', 0x811c, 'Boolean'),
  named('Common', 0x8502, 'SystemTime'),
  named('Common', 0x8503, 'Boolean'),
  named('Common', 0x8560, 'SystemTime'),
];

/** Icon and time of the last answer or forward. */
const lastVerb = [tag('0x1080', 'Integer'), tag('0x1081', 'Integer'), tag('0x1082', 'SystemTime')];

/** Who sent it, in both roles. */
const sender = [
  tag('0x0042', 'String'),
  tag('0x0064', 'String'),
  tag('0x0065', 'String'),
  tag('0x0C1A', 'String'),
  tag('0x0C1E', 'String'),
  tag('0x0C1F', 'String'),
];

const meeting = [
  named('Appointment', 0x8201, 'Integer'),
  named('Appointment', 0x8217, 'Integer'),
  named('Appointment', 0x8218, 'Integer'),
  named('Appointment', 0x8224, 'Integer'),
  named('Appointment', 0x8229, 'Boolean'),
  named('Common', 0x8516, 'SystemTime'),
  named('Common', 0x8517, 'SystemTime'),
];

const contact = [
  tag('0x3A45', 'String'),
  tag('0x3A43', 'String'),
  tag('0x3A4C', 'String'),
  tag('0x3A07', 'String'),
  named('Address', 0x804f, 'String'),
  named('Address', 0x8050, 'String'),
  named('Address', 0x8051, 'String'),
  named('Address', 0x8052, 'String'),
];

/** PSETID_Note: colour, width, height, place of a sticky note. */
const noteSet = '0006200E-0000-0000-C000-000000000046';
const note = [0x8b00, 0x8b02, 0x8b03, 0x8b04, 0x8b05].map((id) => inSet(noteSet, id, 'Integer'));

/** PSETID_Log: a journal entry's type, begin, length, end. */
const journalSet = '0006200A-0000-0000-C000-000000000046';
const journal = [
  inSet(journalSet, 0x8700, 'String'),
  inSet(journalSet, 0x8706, 'SystemTime'),
  inSet(journalSet, 0x8707, 'Integer'),
  inSet(journalSet, 0x8708, 'SystemTime'),
  inSet(journalSet, 0x8712, 'String'),
];

export const copied = {
  mime: [...dates, ...followUp, ...lastVerb],
  calendar: [...dates, ...sender, ...meeting],
  contact: [...dates, ...contact, ...followUp],
  list: dates,
  task: dates,
  plain: [...dates, ...followUp, ...lastVerb, ...sender, tag('0x1035', 'String'), ...note, ...journal],
} satisfies Record<string, PropertyUri[]>;
