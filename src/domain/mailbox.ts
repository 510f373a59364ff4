/** Which end of a migration. */
export type Side = 'source' | 'target';

/** Folders every mailbox may have, by role and not by name. */
export const wellKnownFolders = [
  'root',
  'inbox',
  'drafts',
  'sentItems',
  'deletedItems',
  'junkEmail',
  'outbox',
  'calendar',
  'contacts',
  'tasks',
  'notes',
  'journal',
  'archive',
] as const;
export type WellKnownFolder = (typeof wellKnownFolders)[number];

/** What kind of item an item class is, as the pages count them. */
export type ItemKind = 'mail' | 'calendar' | 'contacts' | 'tasks' | 'notes' | 'other';

/**
 * @param itemClass a MAPI message class such as `IPM.Note` or `IPM.Appointment`; case-insensitive
 * @see MS-OXCMSG 2.2.1.3 PidTagMessageClass
 */
export function kindOfItemClass(itemClass: string): ItemKind {
  const upper = itemClass.toUpperCase();
  const is = (prefix: string) => upper === prefix || upper.startsWith(`${prefix}.`);
  if (is('IPM.APPOINTMENT')) return 'calendar';
  if (is('IPM.CONTACT') || is('IPM.DISTLIST')) return 'contacts';
  if (is('IPM.TASK')) return 'tasks';
  if (is('IPM.STICKYNOTE')) return 'notes';
  if (is('IPM.NOTE') || is('IPM.SCHEDULE') || is('REPORT') || is('IPM.POST')) return 'mail';
  return 'other';
}
