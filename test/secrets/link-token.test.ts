import { matchLinkToken, mintLinkToken, type Link } from '../../src/secrets/link-token';

const linkKey = 'k'.repeat(32);
const link: Link = { mailUserId: '0123456789abcdef01234567', purpose: 'invitation', generation: 3 };

describe('a link token', () => {
  it('says whose link it is, what it was minted for and which generation', () => {
    expect(matchLinkToken(linkKey, mintLinkToken(linkKey, link))).toEqual(link);
  });

  it('is the same each time the same link is minted', () => {
    expect(mintLinkToken(linkKey, link)).toBe(mintLinkToken(linkKey, { ...link }));
  });

  it('keeps to letters that need no escaping in a URL', () => {
    expect(mintLinkToken(linkKey, link)).toMatch(/^[\w.-]+$/);
  });

  it('matches in no other spelling: every single changed letter is refused', () => {
    const token = mintLinkToken(linkKey, link);
    const mangled = [...token].map(
      (letter, at) => token.slice(0, at) + (letter === 'A' ? 'B' : 'A') + token.slice(at + 1),
    );
    expect(mangled.filter((other) => matchLinkToken(linkKey, other) !== undefined)).toEqual([]);
  });

  it.each([
    '',
    '.',
    '...',
    'x'.repeat(10_000),
    mintLinkToken(linkKey, link).slice(0, -1),
    ` ${mintLinkToken(linkKey, link)}`,
  ])('is refused where its shape is wrong (%#)', (token) =>
    expect(matchLinkToken(linkKey, token)).toBeUndefined(),
  );

  it.each([
    ['purpose', { purpose: 'administrator' as const }],
    ['generation', { generation: 4 }],
    ['mail user', { mailUserId: 'f'.repeat(24) }],
  ])('cannot be carried over to another %s', (_what, other) => {
    const [, , , mac] = mintLinkToken(linkKey, link).split('.');
    const claim = mintLinkToken(linkKey, { ...link, ...other })
      .split('.')
      .slice(0, 3);
    expect(matchLinkToken(linkKey, [...claim, mac].join('.'))).toBeUndefined();
  });

  it('is refused under another key', () => {
    expect(matchLinkToken('o'.repeat(32), mintLinkToken(linkKey, link))).toBeUndefined();
  });

  it('tells its generation, so that a replaced link can be told from a wrong one', () => {
    expect(matchLinkToken(linkKey, mintLinkToken(linkKey, { ...link, generation: 2 }))?.generation).toBe(2);
  });
});
