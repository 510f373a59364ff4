import { isGoneThroughIn } from '../../domain/migration';
import { shownState } from '../../domain/shown-state';
import { folderLabel } from '../../domain/folder-label';
import { fates } from '../../domain/item-counts';
import { issuesOfCopy, type IssueReport } from '../../models/copy-issues';
import { foldersOfCopy, type FolderReport } from '../../models/copy-report';
import type { MailUser } from '../../models/mail-users';

const issuesShown = 200;
/** The columns of figures, in their order. */
export const words = ['found', ...fates] as const;

/** Columns that are there also where they are 0 throughout: that nothing has failed is told, too. */
const alwaysTold: readonly string[] = ['found', 'copied', 'skipped', 'failed'];

/** Issues with the same reason. */
export interface IssueGroup extends Pick<IssueReport, 'message' | 'remedy' | 'code'> {
  issues: IssueReport[];
}

export interface CopyView {
  /** The columns, in their order: those that are always there, and those that say something of some folder. */
  words: string[];
  folders: (FolderReport & { figures: number[] })[];
  issues: IssueGroup[];
  hasMoreIssues: boolean;
  /** The path of each folder by its label. @see folderLabel */
  pathsByLabel: ReadonlyMap<string, string>;
  /** When both mailboxes were compared last; ISO 8601. */
  countedAt?: string;
}

/** What has become of each folder and what is not in the target as it should be; empty before a copy has begun. */
export async function copyView(user: MailUser): Promise<CopyView> {
  const { pairId } = user;
  if (pairId === undefined)
    return { words: [], folders: [], issues: [], hasMoreIssues: false, pathsByLabel: new Map() };
  const folders = await foldersOfCopy(pairId, isGoneThroughIn(shownState(user)));
  const issues: IssueReport[] = [];
  let hasMoreIssues = false;
  for await (const issue of issuesOfCopy(pairId, folders)) {
    hasMoreIssues = issues.length === issuesShown;
    if (hasMoreIssues) break;
    issues.push(issue);
  }
  const countedAt = folders
    .map(({ verified }) => verified?.at ?? '')
    .sort()
    .at(-1);
  const told = words.filter(
    (word) => alwaysTold.includes(word) || folders.some((folder) => folder[word] > 0),
  );
  return {
    words: told,
    folders: folders.map((folder) => ({
      ...withoutTwin(folder),
      figures: told.map((word) => folder[word]),
    })),
    issues: byReason(issues),
    hasMoreIssues,
    pathsByLabel: new Map(
      folders.map(({ position, wellKnown, path }) => [folderLabel(position, wellKnown), path]),
    ),
    ...(countedAt ? { countedAt } : {}),
  };
}

/** In the order in which each reason comes up first. */
function byReason(issues: readonly IssueReport[]): IssueGroup[] {
  const groups = new Map<string, IssueGroup>();
  for (const issue of issues) {
    const { message, remedy, code } = issue;
    const key = JSON.stringify([code, remedy, message]);
    const group = groups.get(key) ?? { message, remedy, code, issues: [] };
    group.issues.push(issue);
    groups.set(key, group);
  }
  return [...groups.values()];
}

/** In an English mailbox the well-known name says the same as the folder's own. */
function withoutTwin({ wellKnown, ...folder }: FolderReport): FolderReport {
  const isTwin =
    wellKnown === undefined || folder.path.replaceAll(' ', '').toLowerCase() === wellKnown.toLowerCase();
  return isTwin ? folder : { ...folder, wellKnown };
}
