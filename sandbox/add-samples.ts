import { seedUsers, type Sandbox } from './bring-up';
import type { MoreMailboxes } from './control';
import { furtherPeople } from './people';
import { makeMailboxes, withUsers } from './samples';

/**
 * Adds people with full mailboxes at the source, empty ones at the target and a row **Not started** each to a running
 * sandbox. Each person is in `sandbox.json` as soon as his mailboxes are there. The n-th gets the seed `seed + n`.
 */
export async function addSampleMailboxes(
  sandbox: Sandbox,
  { count, seed, ...size }: MoreMailboxes,
  tell: (line: string) => void,
): Promise<void> {
  const { file, layout } = sandbox;
  const taken = new Set(
    file.facts.exchange.flatMap(({ mailboxes }) => mailboxes.map(({ address }) => localPart(address))),
  );
  const controls = { contoso: layout.ports.contosoControl, fabrikam: layout.ports.fabrikamControl };
  for (const [place, person] of furtherPeople(count, taken).entries()) {
    const user = await makeMailboxes(person, { ...size, seed: seed + place }, controls);
    await seedUsers(sandbox, [user]);
    file.change((facts) => withUsers(facts, [user]));
    tell(
      `${user.source.address}   ${user.source.password}   ${user.target.address}   ${user.target.password}`,
    );
  }
}

const localPart = (address: string) => address.slice(0, address.indexOf('@'));
