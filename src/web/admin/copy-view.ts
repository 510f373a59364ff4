import { foldersOfCopy, issuesOfCopy, type FolderReport, type IssueReport } from '../../models/copy-report';
import type { MailUser } from '../../models/mail-users';

const issuesShown = 200;

/** What has become of each folder and which items are not in the target; empty before a copy has begun. */
export async function copyView({
  pairId,
}: MailUser): Promise<{ folders: FolderReport[]; issues: IssueReport[]; moreIssues: number }> {
  if (pairId === undefined) return { folders: [], issues: [], moreIssues: 0 };
  const folders = await foldersOfCopy(pairId);
  const issues = await issuesOfCopy(pairId, folders, issuesShown);
  const all = folders.reduce((sum, { skipped, failed }) => sum + skipped + failed, 0);
  return {
    folders: folders.map(withoutTwin),
    issues,
    moreIssues: Math.max(0, issues.length === issuesShown ? all - issues.length : 0),
  };
}

/** In an English mailbox the well-known name says the same as the folder's own. */
function withoutTwin({ wellKnown, ...folder }: FolderReport): FolderReport {
  const isTwin =
    wellKnown === undefined || folder.path.replaceAll(' ', '').toLowerCase() === wellKnown.toLowerCase();
  return isTwin ? folder : { ...folder, wellKnown };
}
