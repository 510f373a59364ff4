import { ewsClient } from './ews-client';
import type { Credentials } from './ews-client';
import { ADA, openSimulator } from './simulator';
import type { Simulator } from './simulator';

const ROOT =
  '<m:GetFolder><m:FolderShape><t:BaseShape>IdOnly</t:BaseShape></m:FolderShape><m:FolderIds><t:DistinguishedFolderId Id="msgfolderroot"/></m:FolderIds></m:GetFolder>';

describe('signing in to the simulator', () => {
  let simulator: Simulator;
  beforeAll(async () => {
    simulator = await openSimulator({ policy: { domain: 'CONTOSO' } });
  });
  afterAll(() => simulator.close());

  async function answerTo(credentials?: Credentials) {
    const client = ewsClient(simulator.exchange, credentials);
    try {
      return await client.call(ROOT);
    } finally {
      client.close();
    }
  }

  it('takes the mail address or DOMAIN\\user, with a password beyond ASCII and with a colon', async () => {
    expect((await answerTo(ADA)).status).toBe(200);
    expect((await answerTo({ ...ADA, user: 'ADA@CONTOSO.example' })).status).toBe(200);
    expect((await answerTo({ ...ADA, user: 'contoso\\ada' })).status).toBe(200);
    expect((await answerTo({ ...ADA, user: 'FABRIKAM\\ada' })).status).toBe(401);
  });

  it('answers the same bare 401 for a wrong, expired and to-be-changed password and a locked account', async () => {
    const seen = [
      await answerTo({ ...ADA, password: 'wrong' }),
      await answerTo({ user: 'nobody@contoso.example', password: 'x' }),
      await answerTo(),
    ];
    for (const account of ['locked', 'expired', 'mustChange'] as const) {
      simulator.exchange.mailboxes.change(simulator.exchange.mailbox(ADA.user), { account });
      seen.push(await answerTo(ADA));
    }
    simulator.exchange.mailboxes.change(simulator.exchange.mailbox(ADA.user), { account: 'ok' });
    const bare = seen.map(({ status, headers, text }) => ({
      status,
      offer: headers['www-authenticate'],
      text,
    }));
    expect(new Set(bare.map((each) => JSON.stringify(each)))).toEqual(
      new Set([JSON.stringify({ status: 401, offer: 'Basic realm="localhost"', text: '' })]),
    );
  });

  it('refuses everybody where only NTLM and Negotiate are offered, and says which', async () => {
    simulator.exchange.setPolicy({ authenticate: ['Negotiate', 'NTLM'] });
    const { status, headers } = await answerTo(ADA);
    simulator.exchange.setPolicy({ authenticate: ['Basic'] });
    expect([status, headers['www-authenticate']]).toEqual([401, 'Negotiate, NTLM']);
  });

  it('answers 403 with the reason where EWS is switched off for the mailbox or for all', async () => {
    const mailbox = simulator.exchange.mailbox(ADA.user);
    simulator.exchange.mailboxes.change(mailbox, { ewsEnabled: false });
    const own = await answerTo(ADA);
    simulator.exchange.mailboxes.change(mailbox, { ewsEnabled: true });
    simulator.exchange.setPolicy({ ewsEnabled: false });
    const all = await answerTo(ADA);
    simulator.exchange.setPolicy({ ewsEnabled: true });
    for (const { status, headers } of [own, all]) {
      expect(status).toBe(403);
      expect(headers['x-ews-policy-reason']).toMatch(/disabled/);
    }
  });
});
