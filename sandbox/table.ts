import type { SandboxFacts } from './facts';

const SHOWN_MAILBOXES = 5;

/** What `npm start` prints when everything is up. */
export function table(facts: SandboxFacts): string {
  const [source, target] = facts.exchange;
  const rows: [string, string][] = [
    ['Admin pages', facts.admin.url],
    ['  sign in', `${facts.admin.email}   ${facts.admin.password}`],
    ['Mail inbox', facts.inbox.url],
    ['Temporal UI', facts.temporal.ui ?? `beside the server at ${facts.temporal.address}`],
  ];
  const lines = [
    '',
    '  Mailporter is up.',
    '',
    ...rows.map(([what, is]) => `  ${what.padEnd(13)} ${is}`),
    '',
  ];
  if (source && target) lines.push(...mailboxes(source, target), '', ...steps(facts));
  return `${lines.join('\n')}\n\n  More mailboxes: npm run sandbox:mailbox -- --count 20 --items 5000\n  Everything is on this machine alone. Ctrl-C ends it; npm start goes on where it was.\n`;
}

type Exchange = SandboxFacts['exchange'][number];

function mailboxes(source: Exchange, target: Exchange): string[] {
  const heads = ['Sample mailboxes', `${source.name} password`, `${target.name} password`];
  const passwords = new Map(target.mailboxes.map(({ address, password }) => [localPart(address), password]));
  const cells = source.mailboxes
    .slice(0, SHOWN_MAILBOXES)
    .map(({ address, password }) => [address, password, passwords.get(localPart(address)) ?? '']);
  const widths = heads.map((head, column) =>
    Math.max(head.length, ...cells.map((row) => row[column]?.length ?? 0)),
  );
  const line = (row: string[]) =>
    `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('   ')}`.trimEnd();
  const more = source.mailboxes.length - SHOWN_MAILBOXES;
  return [
    line(heads),
    ...cells.map(line),
    ...(more > 0 ? [`  and ${more} more in .data/sandbox.json`] : []),
    `  Each has an empty mailbox with the same name at ${target.name}.`,
  ];
}

function steps(facts: SandboxFacts): string[] {
  return [
    '  Try it:',
    `  1. Sign in to ${facts.admin.url}/users, select a user and press Start.`,
    `  2. Open the invitation in ${facts.inbox.url} and follow its link.`,
    '  3. Type both passwords of that user, press Start, and watch the mailbox move.',
  ];
}

const localPart = (address: string) => address.slice(0, address.indexOf('@'));
