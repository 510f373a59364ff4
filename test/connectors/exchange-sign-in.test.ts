import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createSecureServer, request as sendRequest } from 'node:https';
import type { AddressInfo } from 'node:net';
import { dirname } from 'node:path';
import { inspect } from 'node:util';
import { issueCertificate, openAuthority } from '../../sandbox/exchange/authority';
import type { CheckReport } from '../../src/connectors/connector';
import type { ExchangeSettings } from '../../src/connectors/exchange';
import { Fault } from '../../src/domain/faults';
import {
  connector,
  credentialOf,
  never,
  openExchange,
  samplePassword,
  type TestExchange,
} from './exchange-servers';

const ada = 'ada@contoso.example';
const grace = 'grace@contoso.example';

async function refusedOpening(
  settings: ExchangeSettings,
  address = ada,
  password = samplePassword,
  userName = address,
) {
  const credential = { ...credentialOf(address, password), userName };
  const fault = await connector
    .openSource(settings, address, credential, never)
    .catch((reason: unknown) => reason);
  if (!(fault instanceof Fault)) throw new Error(`opened, or refused with ${inspect(fault)}`);
  return fault;
}

const stepsOf = (report: CheckReport) =>
  Object.fromEntries(report.steps.map((each) => [each.step, each.result]));
const step = (report: CheckReport, name: string) => report.steps.find((each) => each.step === name);

describe('signing in to an Exchange', () => {
  let server: TestExchange;

  beforeEach(async () => {
    server = await openExchange();
    await server.exchange.addMailbox({ address: ada, password: samplePassword });
  });
  afterEach(() => server.close());

  it('opens the mailbox of the address, whatever name signs in', async () => {
    await server.exchange.addMailbox({ address: grace, password: 'of-grace', fullAccess: [ada] });
    const own = await connector.openSource(server.settings, grace, credentialOf(grace, 'of-grace'), never);
    const delegated = await connector.openSource(server.settings, grace, credentialOf(ada), never);
    expect(delegated.identity).toBe(own.identity);
    server.exchange.setPolicy({ domain: 'CONTOSO' });
    const byDomain = { ...credentialOf(ada), userName: 'CONTOSO\\ada' };
    const mine = await connector.openSource(server.settings, ada, byDomain, never);
    expect(mine.identity).not.toBe(own.identity);
    await Promise.all([own, delegated, mine].map((each) => each.close()));
  });

  it('says the same of a wrong, an expired and a to-be-changed password and of a locked account', async () => {
    const texts = [(await refusedOpening(server.settings, ada, 'wrong')).text];
    for (const account of ['expired', 'mustChange', 'locked'] as const) {
      const address = `${account}@contoso.example`;
      await server.exchange.addMailbox({ address, password: samplePassword, account });
      const fault = await refusedOpening(server.settings, address);
      expect(fault.details).toEqual({ kind: 'credential', side: 'source' });
      texts.push(fault.text);
    }
    expect(new Set(texts.map((each) => JSON.stringify(each))).size).toBe(1);
    expect(texts[0]).toMatchObject({ remedy: 'checkNameAndPassword', code: 'HTTP 401' });
  });

  it('costs one refused sign-in, and no more', async () => {
    let asked = 0;
    await withTls(
      (_request, response) => {
        asked += 1;
        response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
      },
      async (settings) => {
        expect((await refusedOpening(settings)).kind).toBe('credential');
        expect(asked).toBe(1);
      },
    );
  });

  it('names what is offered and the command that helps where Basic is off', async () => {
    server.exchange.setPolicy({ authenticate: ['NTLM', 'Negotiate'] });
    const fault = await refusedOpening(server.settings);
    expect(fault).toMatchObject({ kind: 'fatal', text: { remedy: 'enableBasic', code: 'BasicNotOffered' } });
    expect(fault.text.message).toContain('Set-WebServicesVirtualDirectory');
  });

  it('tells a mailbox that is not there, one without a right to it, and one that EWS is off for', async () => {
    const none = await refusedOpening(server.settings, 'nobody@contoso.example', samplePassword, ada);
    expect(none).toMatchObject({ kind: 'fatal', text: { remedy: 'checkMailboxExists' } });
    await server.exchange.addMailbox({ address: grace, password: 'of-grace' });
    const noRight = await refusedOpening(server.settings, grace, samplePassword, ada);
    expect(noRight).toMatchObject({ kind: 'fatal', text: { remedy: 'grantAccess' } });
    const off = 'off@contoso.example';
    await server.exchange.addMailbox({ address: off, password: samplePassword, ewsEnabled: false });
    const blocked = await refusedOpening(server.settings, off);
    expect(blocked).toMatchObject({ kind: 'fatal', text: { remedy: 'openEws' } });
  });

  it('trusts no certificate but those of the usual authorities and the one that was given', async () => {
    const { certificateAuthority: _left, ...settings } = server.settings;
    expect(await refusedOpening(settings)).toMatchObject({
      kind: 'fatal',
      text: { remedy: 'checkCertificate' },
    });
    const other = await openExchange();
    const foreign = { ...server.settings, certificateAuthority: other.settings.certificateAuthority ?? '' };
    expect(await refusedOpening(foreign)).toMatchObject({ text: { remedy: 'checkCertificate' } });
    await other.close();
    const misnamed = {
      ...server.settings,
      serverName: server.settings.serverName.replace('localhost', '[::1]'),
    };
    expect((await refusedOpening(misnamed)).kind).not.toBe('credential');
  });

  it('asks Microsoft nothing', async () => {
    const fault = await refusedOpening({ ...server.settings, serverName: 'outlook.office365.com' });
    expect(fault.text.message).toBe('Microsoft accepts no typed password here.');
  });

  it('does not take an unreachable server for a refusal', async () => {
    const gone = { ...server.settings, serverName: 'https://127.0.0.1:1/EWS/Exchange.asmx' };
    expect(await refusedOpening(gone)).toMatchObject({ kind: 'retryable', notDone: true });
  });

  it('lets no password out of an error, in whatever way it is looked at', async () => {
    const settings = { ...server.settings, certificateAuthority: '' };
    server.exchange.setPolicy({ authenticate: ['NTLM'] });
    const seen = [
      await refusedOpening(server.settings),
      await refusedOpening(settings),
      await refusedOpening({ ...server.settings, serverName: 'https://127.0.0.1:1/x' }),
      await refusedOpening(server.settings, ada, `${samplePassword}\r\nX-Injected: 1`),
    ].map(
      (fault) =>
        inspect(fault, { depth: 20, showHidden: true }) + JSON.stringify(fault) + (fault.stack ?? ''),
    );
    for (const text of seen) {
      expect(text).not.toContain(samplePassword);
      expect(text).not.toContain(Buffer.from(`${ada}:${samplePassword}`).toString('base64').slice(0, 40));
      expect(text).not.toContain('Basic ');
    }
  });

  describe('while it is open', () => {
    it('asks once more after a 401 before it believes it, with everything else waiting', async () => {
      const source = await connector.openSource(server.settings, ada, credentialOf(ada), never);
      server.exchange.addFault({ kind: 'unauthorized', count: 1 });
      expect(await source.listFolders(never)).not.toHaveLength(0);
      await source.close();
    });

    it('fails with the sign-in, without asking again, once it is refused twice', async () => {
      const source = await connector.openSource(server.settings, ada, credentialOf(ada), never);
      server.exchange.addFault({ kind: 'unauthorized', count: 2 });
      await expect(source.listFolders(never)).rejects.toMatchObject({
        details: { kind: 'credential', side: 'source' },
        text: { remedy: 'signInAgain' },
      });
      // The server would answer now: it is not asked.
      await expect(source.listFolders(never)).rejects.toMatchObject({ kind: 'credential' });
      await source.close();
    });

    it('asks the server once more, and never again, when the password changes under several requests', async () => {
      let asked = 0;
      let isChanged = false;
      const refusals: (() => void)[] = [];
      const listener: RequestListener = (request, response) => {
        if (!isChanged) return forward(server.settings.serverName, request, response);
        asked += 1;
        const refuse = () => void response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
        request.resume();
        // Three are under way at the time; the answer to one of them comes after all others.
        if (asked > 3) refuse();
        else if (refusals.push(refuse) === 3) for (const each of refusals.splice(1)) each();
      };
      await withTls(listener, async (settings) => {
        const source = await connector.openSource(settings, ada, credentialOf(ada), never);
        isChanged = true;
        const refused = { details: { kind: 'credential', side: 'source' } };
        const listings = [1, 2, 3].map(() =>
          source.listFolders(never).then(
            () => 'listed',
            (fault: unknown) => {
              refusals.shift()?.();
              return fault;
            },
          ),
        );
        for (const fault of await Promise.all(listings)) expect(fault).toMatchObject(refused);
        expect(asked).toBe(4);
        await expect(source.listFolders(never)).rejects.toMatchObject(refused);
        expect(asked).toBe(4);
        await source.close();
      });
    });
  });

  describe('Test connection', () => {
    const check = (settings: ExchangeSettings, password?: string, write = false) => {
      const mailbox =
        password === undefined ? undefined : { address: ada, credential: credentialOf(ada, password), write };
      return connector.check(settings, mailbox, never);
    };

    it('is green up to the sign-in without a mailbox, and grey where nothing can be known yet', async () => {
      const report = await check(server.settings);
      expect(report.usable).toBe(true);
      expect(stepsOf(report)).toEqual({
        ...{ name: 'green', tls: 'green', service: 'green', signIns: 'green' },
        ...{ version: 'grey', mailbox: 'grey', write: 'grey' },
      });
    });

    it('opens a mailbox, counts its folders, and writes and removes a hidden item', async () => {
      const report = await check(server.settings, samplePassword, true);
      expect(report.steps.filter((each) => each.result !== 'green')).toEqual([]);
      expect(step(report, 'mailbox')?.detail).toMatch(/\d+ folders/);
      const drafts = server.exchange.mailbox(ada).folderByName('drafts');
      expect(drafts?.items.size).toBe(0);
    });

    it('finds nothing out where the server asks everybody to wait', async () => {
      const details = { kind: 'throttled', retryAfterMs: 90_000, scope: 'connector' };
      server.exchange.addFault({ kind: 'http', status: 503, retryAfterSeconds: 90, count: 1 });
      await expect(check(server.settings, samplePassword)).rejects.toMatchObject({ details });
      const busy: RequestListener = (_request, response) =>
        void response.writeHead(503, { 'retry-after': '90' }).end();
      await withTls(busy, async (settings) => {
        await expect(check(settings)).rejects.toMatchObject({ details });
      });
    });

    it('is red with the remedy where the name and password are refused', async () => {
      const report = await check(server.settings, 'wrong');
      expect(step(report, 'mailbox')).toMatchObject({ result: 'red', remedy: 'checkNameAndPassword' });
      expect(report.usable).toBe(true);
    });

    it('is red, and of no use, where only NTLM and Negotiate are offered', async () => {
      server.exchange.setPolicy({ authenticate: ['NTLM', 'Negotiate'] });
      const report = await check(server.settings);
      expect(report.usable).toBe(false);
      expect(step(report, 'signIns')).toMatchObject({ result: 'red', remedy: 'enableBasic' });
    });

    it.each([
      ['a name that is none', 'http://mail.example.com', 'name', 'checkServerName'],
      ['a host that is not known', 'no-such-host.invalid', 'name', 'checkServerName'],
      ['Microsoft 365', 'outlook.office365.com', 'signIns', 'checkServerName'],
      ['a closed port', 'https://127.0.0.1:1', 'service', 'wait'],
    ])('is red for %s', async (_case, serverName, red, remedy) => {
      const report = await check({ ...server.settings, serverName });
      expect(report.usable).toBe(false);
      expect(step(report, red)).toMatchObject({ result: 'red', remedy });
    });

    it('is red where the authority is missing, the server does not speak TLS, or has no EWS', async () => {
      const { certificateAuthority: _left, ...bare } = server.settings;
      expect(step(await check(bare), 'tls')).toMatchObject({ result: 'red', remedy: 'checkCertificate' });
      const plain = createServer((_request, response) => void response.end('hello'));
      await withServer(plain, async (port) => {
        const report = await check({ ...bare, serverName: `https://127.0.0.1:${port}` });
        expect(step(report, 'tls')).toMatchObject({ result: 'red', remedy: 'checkServerName' });
      });
      const elsewhere = server.settings.serverName.replace('/EWS/Exchange.asmx', '/owa/');
      expect(step(await check({ ...server.settings, serverName: elsewhere }), 'service')).toMatchObject({
        result: 'red',
      });
    });

    it('does not follow a redirect with a password', async () => {
      const seen: string[] = [];
      const redirecting: RequestListener = (request, response) => {
        seen.push(String(request.headers.authorization));
        response.writeHead(302, { location: 'https://evil.example/EWS/Exchange.asmx' }).end();
      };
      await withTls(redirecting, async (settings) => {
        const report = await check(settings, samplePassword);
        expect(step(report, 'service')).toMatchObject({ result: 'red', remedy: 'checkServerName' });
        expect(step(report, 'service')?.detail).toContain('evil.example');
      });
      expect(seen).toEqual(['undefined']);
    });
  });
});

/** Passes a request on to a simulator. */
function forward(endpoint: string, request: IncomingMessage, response: ServerResponse): void {
  const { method, headers } = request;
  const on = sendRequest(endpoint, { method, headers, rejectUnauthorized: false }, (answer) => {
    response.writeHead(answer.statusCode ?? 500, answer.headers);
    answer.pipe(response);
  });
  request.pipe(on);
}

/** A server that speaks TLS as the simulator does, and otherwise says what a test wants. */
async function withTls(
  listener: RequestListener,
  work: (settings: ExchangeSettings) => Promise<void>,
): Promise<void> {
  const exchange = await openExchange();
  const authority = await openAuthority(dirname(exchange.exchange.ca));
  const certificate = await issueCertificate(authority, ['localhost', '127.0.0.1']);
  await withServer(createSecureServer(certificate, listener), (port) =>
    work({ ...exchange.settings, serverName: `https://localhost:${port}` }),
  );
  await exchange.close();
}

async function withServer(
  server: {
    listen(port: number, host: string, ready: () => void): unknown;
    address(): unknown;
    close(): unknown;
    closeAllConnections(): void;
  },
  work: (port: number) => Promise<void>,
): Promise<void> {
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  try {
    await work((server.address() as AddressInfo).port);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}
