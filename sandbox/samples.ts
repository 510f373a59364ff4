import type { SandboxFacts } from './facts';
import { readablePassword } from './passwords';
import { exchanges } from './parts';
import type { Person } from './people';

/** How much a generated mailbox holds. */
export interface SampleSize {
  items: number;
  /** Of all items together; absent: what such items weigh. */
  bytes?: number;
  largestBytes?: number;
  /** Mail folders of the user's own at most; absent: some forty. */
  folders?: number;
  /** The same seed makes the same mailbox. */
  seed: number;
}

/** A person with a mailbox on each simulator. */
export interface SampleUser extends Person {
  source: { address: string; password: string };
  target: { address: string; password: string };
  /** Absent: the default batch. */
  batch?: string;
}

/** Makes a mailbox full of mail at Contoso and an empty one with another password at Fabrikam. */
export async function makeMailboxes(
  person: Person,
  size: SampleSize,
  controls: { contoso: number; fabrikam: number },
): Promise<SampleUser> {
  const [contoso, fabrikam] = exchanges;
  const source = { address: `${person.localPart}@${contoso.domain}`, password: readablePassword() };
  const target = { address: `${person.localPart}@${fabrikam.domain}`, password: readablePassword() };
  const displayName = `${person.firstName} ${person.lastName}`;
  await putMailbox(controls.contoso, { ...source, displayName, sample: size });
  await putMailbox(controls.fabrikam, { ...target, displayName });
  return { ...person, source, target };
}

/** The facts with the mailboxes of these users added. */
export function withUsers(facts: SandboxFacts, users: readonly SampleUser[]): SandboxFacts {
  const [contoso] = exchanges;
  const added = (name: string) =>
    users.map(({ source, target }) => (name === contoso.name ? source : target));
  return {
    ...facts,
    exchange: facts.exchange.map((one) => ({ ...one, mailboxes: [...one.mailboxes, ...added(one.name)] })),
  };
}

/** A mailbox of that address that an interrupted start has left behind has a password that nobody knows: it goes first. */
async function putMailbox(
  controlPort: number,
  mailbox: { address: string; [more: string]: unknown },
): Promise<void> {
  const url = `http://127.0.0.1:${controlPort}/mailboxes`;
  await fetch(`${url}/${encodeURIComponent(mailbox.address)}`, { method: 'DELETE' });
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(mailbox) });
  if (response.ok) return;
  throw new Error(
    `The simulator does not make ${mailbox.address}: ${response.status} ${await response.text()}`,
  );
}
