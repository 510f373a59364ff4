import { folderLabel } from '../../domain/folder-label';
import { fates } from '../../domain/item-counts';
import { issuesOfCopy, type IssueReport } from '../../models/copy-issues';
import { foldersOfCopy, type FolderReport } from '../../models/copy-report';
import type { MailUser } from '../../models/mail-users';

const issuesShown = 200;
/** The columns of figures, in their order. */
export const words = ['found', ...fates] as const;

export interface CopyView {
  folders: (FolderReport & { figures: number[] })[];
  issues: IssueReport[];
  hasMoreIssues: boolean;
  /** The path of each folder by its label. @see folderLabel */
  pathsByLabel: ReadonlyMap<string, string>;
  /** When both mailboxes were compared last; ISO 8601. */
  countedAt?: string;
}

/** What has become of each folder and what is not in the target as it should be; empty before a copy has begun. */
export async function copyView({ pairId }: MailUser): Promise<CopyView> {
  if (pairId === undefined) return { folders: [], issues: [], hasMoreIssues: false, pathsByLabel: new Map() };
  const folders = await foldersOfCopy(pairId);
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
  return {
    folders: folders.map((folder) => ({
      ...withoutTwin(folder),
      figures: words.map((word) => folder[word]),
    })),
    issues,
    hasMoreIssues,
    pathsByLabel: new Map(
      folders.map(({ position, wellKnown, path }) => [folderLabel(position, wellKnown), path]),
    ),
    ...(countedAt ? { countedAt } : {}),
  };
}

/** In an English mailbox the well-known name says the same as the folder's own. */
function withoutTwin({ wellKnown, ...folder }: FolderReport): FolderReport {
  const isTwin =
    wellKnown === undefined || folder.path.replaceAll(' ', '').toLowerCase() === wellKnown.toLowerCase();
  return isTwin ? folder : { ...folder, wellKnown };
}
