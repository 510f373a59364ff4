import { createHmac, timingSafeEqual } from 'node:crypto';

/** How a link reached whoever uses it; the audit log says which was used. */
export const linkPurposes = ['invitation', 'reminder', 'administrator'] as const;
export type LinkPurpose = (typeof linkPurposes)[number];

export interface Link {
  mailUserId: string;
  purpose: LinkPurpose;
  /** The row's `linkGeneration` when the link was minted; a lower one than the row's was replaced. */
  generation: number;
}

/** `mailUser.purpose.generation.mac`, safe in a URL. The same link gives the same token: nothing is stored. */
export function mintLinkToken(linkKey: string, link: Link): string {
  const claim = `${link.mailUserId}.${link.purpose}.${link.generation}`;
  return `${claim}.${macOf(linkKey, claim).toString('base64url')}`;
}

const shape = /^([0-9a-f]{24})\.([a-z]+)\.([1-9][0-9]{0,8})\.([A-Za-z0-9_-]{43})$/;

/**
 * What a token says, or `undefined` where it was not minted with this key: mangled, forged, or from another purpose.
 * Whether the row is there and its generation still the same is the caller's to ask.
 */
export function matchLinkToken(linkKey: string, token: string): Link | undefined {
  const [, mailUserId = '', purposeText = '', generation = '', mac = ''] = shape.exec(token) ?? [];
  const expected = macOf(linkKey, `${mailUserId}.${purposeText}.${generation}`);
  const given = Buffer.from(mac, 'base64url');
  const purpose = linkPurposes.find((known) => known === purposeText);
  // The re-encoding refuses a second spelling of the same bytes in the last character.
  const same =
    given.length === expected.length &&
    timingSafeEqual(given, expected) &&
    given.toString('base64url') === mac;
  return same && purpose !== undefined ? { mailUserId, purpose, generation: Number(generation) } : undefined;
}

const codeLetters = '23456789ABCDEFGHJKLMNPQRSTUVWXYZ';

/**
 * `K7M-4QX`: the mail and the page behind its link both show it, so that people see that they belong together.
 * The same for every link of a mail user's generation; nobody finds it without the key.
 */
export function linkCode(linkKey: string, { mailUserId, generation }: Omit<Link, 'purpose'>): string {
  const mac = createHmac('sha256', linkKey).update(`mailporter code ${mailUserId}.${generation}`).digest();
  const letters = [...mac.subarray(0, 6)].map((byte) => codeLetters[byte % codeLetters.length]).join('');
  return `${letters.slice(0, 3)}-${letters.slice(3)}`;
}

function macOf(linkKey: string, claim: string): Buffer {
  return createHmac('sha256', linkKey).update(`mailporter link ${claim}`).digest();
}
