import type { FolderElement } from './records';

/** A folder that every new mailbox has. `parent` names another entry by its distinguished name. */
export interface WellKnownFolder {
  readonly distinguished: string;
  readonly parent?: string;
  readonly displayName: string;
  readonly folderClass: string;
  readonly element?: FolderElement;
}

/** @see DistinguishedFolderIdNameType. Parents before children; the names are those of an English mailbox. */
export const WELL_KNOWN_FOLDERS: readonly WellKnownFolder[] = [
  { distinguished: 'root', displayName: 'root', folderClass: '' },
  {
    distinguished: 'msgfolderroot',
    parent: 'root',
    displayName: 'Top of Information Store',
    folderClass: 'IPF',
  },
  { distinguished: 'searchfolders', parent: 'root', displayName: 'Finder', folderClass: 'IPF' },
  {
    distinguished: 'recoverableitemsroot',
    parent: 'root',
    displayName: 'Recoverable Items',
    folderClass: '',
  },
  {
    distinguished: 'recoverableitemsdeletions',
    parent: 'recoverableitemsroot',
    displayName: 'Deletions',
    folderClass: '',
  },
  {
    distinguished: 'recoverableitemsversions',
    parent: 'recoverableitemsroot',
    displayName: 'Versions',
    folderClass: '',
  },
  {
    distinguished: 'recoverableitemspurges',
    parent: 'recoverableitemsroot',
    displayName: 'Purges',
    folderClass: '',
  },
  { distinguished: 'inbox', parent: 'msgfolderroot', displayName: 'Inbox', folderClass: 'IPF.Note' },
  { distinguished: 'drafts', parent: 'msgfolderroot', displayName: 'Drafts', folderClass: 'IPF.Note' },
  { distinguished: 'sentitems', parent: 'msgfolderroot', displayName: 'Sent Items', folderClass: 'IPF.Note' },
  {
    distinguished: 'deleteditems',
    parent: 'msgfolderroot',
    displayName: 'Deleted Items',
    folderClass: 'IPF.Note',
  },
  { distinguished: 'outbox', parent: 'msgfolderroot', displayName: 'Outbox', folderClass: 'IPF.Note' },
  { distinguished: 'junkemail', parent: 'msgfolderroot', displayName: 'Junk Email', folderClass: 'IPF.Note' },
  {
    distinguished: 'calendar',
    parent: 'msgfolderroot',
    displayName: 'Calendar',
    folderClass: 'IPF.Appointment',
    element: 'CalendarFolder',
  },
  {
    distinguished: 'contacts',
    parent: 'msgfolderroot',
    displayName: 'Contacts',
    folderClass: 'IPF.Contact',
    element: 'ContactsFolder',
  },
  {
    distinguished: 'tasks',
    parent: 'msgfolderroot',
    displayName: 'Tasks',
    folderClass: 'IPF.Task',
    element: 'TasksFolder',
  },
  { distinguished: 'notes', parent: 'msgfolderroot', displayName: 'Notes', folderClass: 'IPF.StickyNote' },
  { distinguished: 'journal', parent: 'msgfolderroot', displayName: 'Journal', folderClass: 'IPF.Journal' },
  {
    distinguished: 'conversationhistory',
    parent: 'msgfolderroot',
    displayName: 'Conversation History',
    folderClass: 'IPF.Note',
  },
  {
    distinguished: 'syncissues',
    parent: 'msgfolderroot',
    displayName: 'Sync Issues',
    folderClass: 'IPF.Note',
  },
  { distinguished: 'conflicts', parent: 'syncissues', displayName: 'Conflicts', folderClass: 'IPF.Note' },
  {
    distinguished: 'localfailures',
    parent: 'syncissues',
    displayName: 'Local Failures',
    folderClass: 'IPF.Note',
  },
  {
    distinguished: 'serverfailures',
    parent: 'syncissues',
    displayName: 'Server Failures',
    folderClass: 'IPF.Note',
  },
];

/** Distinguished names that the schema allows; those without a folder answer ErrorFolderNotFound. */
export const DISTINGUISHED_NAMES: ReadonlySet<string> = new Set([
  ...WELL_KNOWN_FOLDERS.map((each) => each.distinguished),
  ...[
    'publicfoldersroot',
    'voicemail',
    'archiveroot',
    'archivemsgfolderroot',
    'archivedeleteditems',
    'archiveinbox',
  ],
  ...['archiverecoverableitemsroot', 'archiverecoverableitemsdeletions', 'archiverecoverableitemsversions'],
  ...[
    'archiverecoverableitemspurges',
    'recipientcache',
    'quickcontacts',
    'adminauditlogs',
    'todosearch',
    'mycontacts',
  ],
  ...[
    'directory',
    'imcontactlist',
    'peopleconnect',
    'favorites',
    'mecontact',
    'personmetadata',
    'teamspaceactivity',
  ],
  ...[
    'teamspacemessaging',
    'teamspaceworkitems',
    'scheduled',
    'orionnotes',
    'tagitems',
    'alltaggeditems',
    'allcategorizeditems',
  ],
  ...[
    'externalcontacts',
    'teamchat',
    'teamchathistory',
    'yammerdata',
    'yammerroot',
    'yammerinbound',
    'yammeroutbound',
  ],
  ...[
    'yammerfeeds',
    'kaizaladata',
    'messageingestion',
    'onedriveroot',
    'onedriverecylebin',
    'onedrivesystem',
  ],
  ...[
    'onedrivevolume',
    'important',
    'starred',
    'archive',
    'allitems',
    'allcontacts',
    'allpersonmetadata',
    'fromfavoritesenders',
  ],
  ...[
    'calendarlogging',
    'sharepointnotifications',
    'birthdays',
    'mailboxreplicationservicesync',
    'workingset',
    'clutter',
    'unifiedinbox',
  ],
  ...[
    'conversationactionsettings',
    'companycontacts',
    'deferredaction',
    'exchangesyncdata',
    'files',
    'freebusydata',
    'graphanalytics',
  ],
  ...[
    'location',
    'parkedmessages',
    'passthroughsearchresults',
    'pdpprofile',
    'recoveryinboxes',
    'reminders',
    'rssfeeds',
    'schedule',
  ],
  ...[
    'shadowitems',
    'sharing',
    'shortcuts',
    'smsandchatssync',
    'spoolerqueue',
    'system',
    'temporarysaves',
    'views',
    'viewscommon',
  ],
  ...[
    'whisper',
    'xrmactivities',
    'xrmactivitystream',
    'xrmcompanies',
    'xrmdeals',
    'xrminsights',
    'xrmprojects',
    'xrmsearch',
    'attachments',
    'eventcheckpoints',
    'localfreebusy',
  ],
]);

/** The element by which EWS shows a folder of this class. */
export function folderElementOf(folderClass: string): FolderElement {
  const is = (prefix: string): boolean => folderClass === prefix || folderClass.startsWith(`${prefix}.`);
  if (is('IPF.Appointment')) return 'CalendarFolder';
  if (is('IPF.Contact')) return 'ContactsFolder';
  return is('IPF.Task') ? 'TasksFolder' : 'Folder';
}
