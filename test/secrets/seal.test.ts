import { generateKeyPairSync } from 'node:crypto';
import { CompactEncrypt, importJWK } from 'jose';
import type { SealKey } from '../../src/config';
import { CannotOpen, createOpen, OtherMailbox } from '../../src/secrets/open';
import { createSeal } from '../../src/secrets/seal';

const credential = { kind: 'password' as const, userName: 'CONTOSO\\ada', password: 'pa55 wörd ☃' };
const mailbox = { connectorId: 'c'.repeat(24), addressKey: 'ada@contoso.example' };
const owner = { ownerId: '0123456789abcdef01234567', side: 'source' as const, mailbox };

function keyPair(kid: string): { publicKey: SealKey; privateKey: SealKey } {
  const pair = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const as = (key: typeof pair.publicKey): SealKey => ({ ...key.export({ format: 'jwk' }), kty: 'EC', kid });
  return { publicKey: as(pair.publicKey), privateKey: as(pair.privateKey) };
}

describe('a sealed credential', () => {
  const first = keyPair('first');
  const second = keyPair('second');

  it('opens to what was sealed', async () => {
    const sealed = await createSeal([first.publicKey])(credential, owner);
    await expect(createOpen([first.privateKey])(sealed, owner)).resolves.toEqual(credential);
  });

  it('shows neither name nor password', async () => {
    const sealed = await createSeal([first.publicKey])(credential, owner);
    const readable =
      sealed
        .split('.')
        .map((part) => Buffer.from(part, 'base64url').toString())
        .join('\n') + sealed;
    expect(readable).not.toMatch(/ada|pa55/);
  });

  it('opens while its key is being rotated out, and no longer once that key is taken away', async () => {
    const old = await createSeal([first.publicKey])(credential, owner);
    const fresh = await createSeal([second.publicKey, first.publicKey])(credential, owner);
    const during = createOpen([second.privateKey, first.privateKey]);
    await expect(Promise.all([during(old, owner), during(fresh, owner)])).resolves.toEqual([
      credential,
      credential,
    ]);
    const after = createOpen([second.privateKey]);
    await expect(after(fresh, owner)).resolves.toEqual(credential);
    await expect(after(old, owner)).rejects.toThrow(CannotOpen);
  });

  it.each([
    { ...owner, side: 'target' as const },
    { ...owner, ownerId: 'f'.repeat(24) },
  ])('does not open for another mailbox (%#)', async (other) => {
    const sealed = await createSeal([first.publicKey])(credential, owner);
    await expect(createOpen([first.privateKey])(sealed, other)).rejects.toThrow('another mailbox');
  });

  it.each([
    { connectorId: 'd'.repeat(24), addressKey: 'ada@contoso.example' },
    { connectorId: 'c'.repeat(24), addressKey: 'grace@contoso.example' },
  ])('does not open for the mailbox that its owner has been given since (%#)', async (since) => {
    const sealed = await createSeal([first.publicKey])(credential, owner);
    const opening = createOpen([first.privateKey])(sealed, { ...owner, mailbox: since });
    await expect(opening).rejects.toThrow(OtherMailbox);
  });

  it('of a release that named no mailbox opens', async () => {
    const key = await importJWK(first.publicKey, 'ECDH-ES+A256KW');
    const { ownerId: sub, side } = owner;
    const sealed = await new CompactEncrypt(new TextEncoder().encode(JSON.stringify(credential)))
      .setProtectedHeader({ alg: 'ECDH-ES+A256KW', enc: 'A256GCM', kid: 'first', sub, side })
      .encrypt(key);
    await expect(createOpen([first.privateKey])(sealed, owner)).resolves.toEqual(credential);
  });

  it('does not open when it was changed, and the error quotes nothing of it', async () => {
    const sealed = await createSeal([first.publicKey])(credential, owner);
    const parts = sealed.split('.');
    const damaged = [...parts.slice(0, 3), `A${parts[3]?.slice(1) ?? ''}B`, parts[4]].join('.');
    await expect(createOpen([first.privateKey])(damaged, owner)).rejects.toThrow(
      'The credential is damaged.',
    );
    await expect(createOpen([first.privateKey])('junk', owner)).rejects.toThrow('The credential is damaged.');
  });
});
