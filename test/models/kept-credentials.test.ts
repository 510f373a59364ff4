import { Types } from 'mongoose';
import {
  Credentials,
  credentialsOf,
  keepCredentials,
  reviveCredential,
  settleCredential,
  type CredentialDocument,
} from '../../src/models/credentials';
import { freshDatabase } from '../support/mongo';

let database: Awaited<ReturnType<typeof freshDatabase>>;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.end());

const typedAt = new Date('2026-03-01T12:00:00Z');
const day = (n: number) => new Date(typedAt.getTime() + n * 86_400_000);

async function aCredential(
  destroyAt = day(30),
): Promise<{ id: string; read: () => Promise<CredentialDocument> }> {
  const owner = new Types.ObjectId().toHexString();
  const { _id } = await Credentials.create({
    owner: { kind: 'mailUser', id: owner },
    side: 'source',
    sealed: 'sealed',
    takenAt: typedAt,
    destroyAt,
  });
  const read = async () => (await credentialsOf(owner)).at(0)!;
  return { id: _id.toHexString(), read };
}

describe('a password that is kept for Retry', () => {
  it('lives until the end that was promised at first once its failed migration is tried again', async () => {
    const { id, read } = await aCredential();
    await keepCredentials([id], day(7));
    expect((await read()).destroyAt).toEqual(day(7));
    expect((await reviveCredential(await read())).destroyAt).toEqual(day(30));
    expect((await read()).destroyAt).toEqual(day(30));
  });

  it('never lives beyond a day that its user was told, whatever fails and is tried again after it', async () => {
    const { id, read } = await aCredential();
    await keepCredentials([id], day(7));
    await settleCredential(await read());
    await keepCredentials([id], day(9));
    expect((await reviveCredential(await read())).destroyAt).toEqual(day(7));
    expect((await read()).destroyAt).toEqual(day(7));
  });

  it('is destroyed with the first of those that are kept together, and has its own end again after Retry', async () => {
    const [older, younger] = [await aCredential(day(3)), await aCredential()];
    const keep = () => keepCredentials([older.id, younger.id], day(7));
    expect([await keep(), await keep()]).toEqual([day(3), day(3)]);
    expect([(await older.read()).destroyAt, (await younger.read()).destroyAt]).toEqual([day(3), day(3)]);
    await reviveCredential(await younger.read());
    expect((await younger.read()).destroyAt).toEqual(day(30));
    expect((await reviveCredential(await older.read())).destroyAt).toEqual(day(3));
  });
});
