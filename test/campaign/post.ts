/** A mail as the sandbox's inbox shows it. */
export interface Mail {
  headers: { 'message-id'?: string };
  subject: string;
  to: { address: string }[];
}

const subjects = {
  moved: /has moved$/,
  /** The second where it comes late. */
  waits: /(waits for your administrator|had stopped and was started again)$/,
  stopped: /was stopped$/,
  invitation: /: move your mailbox /,
} as const;
type MailKind = keyof typeof subjects;

/** Which end of a migration its user is told of with which mail. */
const mailOf: Record<string, MailKind> = {
  completed: 'moved',
  completedWithIssues: 'moved',
  failed: 'waits',
  stopped: 'stopped',
};

export function inboxUrl(port: number): string {
  return `http://127.0.0.1:${port}/api/email`;
}

/** Mails to an address by kind, each counted once: the same mail sent again has the same Message-ID. */
export function countMails(mails: readonly Mail[], address: string): Record<MailKind, number> {
  const own = mails.filter(({ to }) => to.some((one) => one.address.toLowerCase() === address.toLowerCase()));
  const count = (kind: MailKind) =>
    new Set(
      own.filter(({ subject }) => subjects[kind].test(subject)).map(({ headers }) => headers['message-id']),
    ).size;
  return {
    moved: count('moved'),
    waits: count('waits'),
    stopped: count('stopped'),
    invitation: count('invitation'),
  };
}

/**
 * Where the mails are not one for each end, or there were more invitations than starts.
 * @param ends states in which the migration ended, in their order
 */
export function wrongMails(
  counted: Record<MailKind, number>,
  ends: readonly string[],
  starts: number,
): string[] {
  const wrong = (['moved', 'waits', 'stopped'] as const).flatMap((kind) => {
    const wanted = ends.filter((end) => mailOf[end] === kind).length;
    return counted[kind] === wanted ? [] : [`${counted[kind]} mails "${kind}" for ${wanted} such ends`];
  });
  if (counted.invitation > starts) wrong.push(`${counted.invitation} invitations for ${starts} starts`);
  return wrong;
}
