import { refused } from '../../src/connectors/exchange/item/cards';
import { inspect } from 'node:util';
import type { FaultDetails } from '../../src/domain/faults';
import { asNotDone, faultOf, itemVerdict, type Request } from '../../src/connectors/exchange/faults';
import { TransportFailure } from '../../src/connectors/exchange/http';
import { EwsRefusal, firstRefusal, HttpRefusal, signInsOf } from '../../src/connectors/exchange/refusal';
import { endpointOf, InvalidServerName, isMicrosoft365 } from '../../src/connectors/exchange/settings';
import { MalformedAnswer } from '../../src/connectors/exchange/soap/answer';

const put: Request = { side: 'target', about: 'put', sizeBytes: 3_000 };
const largePut: Request = { side: 'target', about: 'put', sizeBytes: 9_000_000 };
const folder: Request = { side: 'source', about: 'folder' };
const read: Request = { side: 'source', about: 'read' };
const open: Request = { side: 'source', about: 'open' };

const refusal = (code: string, details: Partial<EwsRefusal['details']> = {}) =>
  new EwsRefusal(code, { ofOneItem: false, ...details });
const http = (status: number, headers: Record<string, string | string[]> = {}) =>
  firstRefusal({ status, headers }, 'all', Date.parse('2026-01-01T00:00:00Z'));

describe('what a refusal of a whole request means', () => {
  it.each<[string, unknown, Request, FaultDetails, boolean]>([
    [
      'busy, with a pause',
      refusal('ErrorServerBusy', { backOffMs: 7000 }),
      put,
      { kind: 'throttled', retryAfterMs: 7000, scope: 'mailbox' },
      true,
    ],
    [
      'busy, without',
      refusal('ErrorServerBusy'),
      put,
      { kind: 'throttled', retryAfterMs: 60_000, scope: 'mailbox' },
      true,
    ],
    [
      'busy behind an internal error',
      refusal('ErrorInternalServerError', { innerCode: 'ErrorServerBusy', backOffMs: 2000 }),
      put,
      { kind: 'throttled', retryAfterMs: 2000, scope: 'mailbox' },
      true,
    ],
    [
      'a pause that is absurd',
      refusal('ErrorServerBusy', { backOffMs: 1e15 }),
      folder,
      { kind: 'throttled', retryAfterMs: 86_400_000, scope: 'mailbox' },
      true,
    ],
    [
      'too many connections',
      refusal('ErrorExceededConnectionCount'),
      folder,
      { kind: 'throttled', retryAfterMs: 1000, scope: 'mailbox', crowded: true },
      true,
    ],
    [
      'the server ran out of time',
      refusal('ErrorTimeoutExpired'),
      put,
      { kind: 'retryable', tooLarge: true },
      false,
    ],
    ['an internal error', refusal('ErrorInternalServerError'), put, { kind: 'retryable' }, false],
    ['the store is away', refusal('ErrorMailboxStoreUnavailable'), put, { kind: 'retryable' }, false],
    ['an unknown code', refusal('ErrorOfTomorrow'), put, { kind: 'retryable' }, false],
    ['the schema', refusal('ErrorSchemaValidation'), put, { kind: 'retryable', tooLarge: true }, true],
    ['the quota', refusal('ErrorQuotaExceeded'), put, { kind: 'fatal', side: 'target' }, true],
    ['no such mailbox', refusal('ErrorNonExistentMailbox'), open, { kind: 'fatal', side: 'source' }, true],
    ['no right to the mailbox', refusal('ErrorAccessDenied'), open, { kind: 'fatal', side: 'source' }, true],
    [
      'no right to the folder',
      refusal('ErrorAccessDenied'),
      folder,
      { kind: 'folder', side: 'source', reason: 'refused' },
      true,
    ],
    [
      'the folder is gone',
      refusal('ErrorFolderNotFound'),
      put,
      { kind: 'folder', side: 'target', reason: 'gone' },
      true,
    ],
    [
      'a source folder that is corrupt',
      refusal('ErrorFolderCorrupt'),
      folder,
      { kind: 'folder', side: 'source', reason: 'refused' },
      true,
    ],
    [
      'a target folder whose id the server cannot read',
      refusal('ErrorInvalidIdMalformed'),
      put,
      { kind: 'folder', side: 'target', reason: 'gone' },
      true,
    ],
    [
      'the password expired',
      refusal('ErrorPasswordExpired'),
      folder,
      { kind: 'credential', side: 'source' },
      true,
    ],
    [
      '429 with seconds',
      http(429, { 'retry-after': '120' }),
      put,
      { kind: 'throttled', retryAfterMs: 120_000, scope: 'connector' },
      true,
    ],
    [
      '429 with a date',
      http(429, { 'retry-after': 'Thu, 01 Jan 2026 00:05:00 GMT' }),
      put,
      { kind: 'throttled', retryAfterMs: 300_000, scope: 'connector' },
      true,
    ],
    ['429 without', http(429), put, { kind: 'throttled', retryAfterMs: 60_000, scope: 'mailbox' }, true],
    [
      '503 with a pause',
      http(503, { 'retry-after': '30' }),
      put,
      { kind: 'throttled', retryAfterMs: 30_000, scope: 'connector' },
      false,
    ],
    ['503 without', http(503), put, { kind: 'retryable' }, false],
    ['a bad gateway', http(502), put, { kind: 'retryable' }, false],
    ['a page instead of EWS', http(200), put, { kind: 'retryable' }, false],
    ['413', http(413), put, { kind: 'retryable', tooLarge: true }, true],
    ['404.13', http(404), largePut, { kind: 'retryable', tooLarge: true }, true],
    ['no EWS there for a moment, to a small put', http(404), put, { kind: 'retryable' }, true],
    ['no EWS there for a moment', http(404), folder, { kind: 'retryable' }, true],
    ['no EWS there', http(404), open, { kind: 'fatal', side: 'source' }, true],
    [
      'the error page',
      http(302, { location: '/ews/genericerrorpage.htm' }),
      folder,
      { kind: 'retryable' },
      false,
    ],
    [
      'another host',
      http(302, { location: 'https://elsewhere.example/x?token=1' }),
      open,
      { kind: 'fatal', side: 'source' },
      true,
    ],
    [
      'EWS blocked',
      http(403, { 'x-ews-policy-reason': 'EwsDisabled' }),
      open,
      { kind: 'fatal', side: 'source' },
      true,
    ],
    [
      '401 with Basic',
      http(401, { 'www-authenticate': 'Basic realm="x"' }),
      open,
      { kind: 'credential', side: 'source' },
      true,
    ],
    [
      '401 with NTLM alone',
      http(401, { 'www-authenticate': ['Negotiate', 'NTLM'] }),
      open,
      { kind: 'fatal', side: 'source' },
      true,
    ],
    [
      'a reset before the body',
      new TransportFailure('ECONNRESET', 'nothing'),
      put,
      { kind: 'retryable' },
      true,
    ],
    ['a reset in the body', new TransportFailure('ECONNRESET', 'part'), put, { kind: 'retryable' }, true],
    ['a lost answer', new TransportFailure('UND_ERR_SOCKET', 'all'), put, { kind: 'retryable' }, false],
    ['a time-out', new TransportFailure('UND_ERR_HEADERS_TIMEOUT', 'all'), put, { kind: 'retryable' }, false],
    [
      'an unknown authority',
      new TransportFailure('SELF_SIGNED_CERT_IN_CHAIN', 'nothing'),
      open,
      { kind: 'fatal', side: 'source' },
      true,
    ],
    ['no such host', new TransportFailure('ENOTFOUND', 'nothing'), open, { kind: 'retryable' }, true],
    [
      'no TLS',
      new TransportFailure('ERR_SSL_WRONG_VERSION_NUMBER', 'nothing'),
      open,
      { kind: 'fatal', side: 'source' },
      true,
    ],
    ['a truncated answer', new MalformedAnswer('Truncated'), put, { kind: 'retryable' }, false],
    ['anything unforeseen', new TypeError('x is undefined'), put, { kind: 'retryable' }, false],
  ])('%s', (_name, error, request, details, notDone) => {
    const fault = faultOf(error, request);
    expect(fault.details).toEqual(details);
    expect(fault.notDone).toBe(notDone);
    expect(fault.text.message).toMatch(/\w.*\.$/);
    expect(asNotDone(fault).notDone).toBe(true);
  });

  it('names the authority that is missing, the sign-ins that are offered, and the reason EWS is blocked for', () => {
    expect(faultOf(new TransportFailure('CERT_HAS_EXPIRED', 'nothing'), open).text).toMatchObject({
      remedy: 'checkCertificate',
    });
    const ntlm = faultOf(http(401, { 'www-authenticate': 'NTLM, Negotiate' }), open).text;
    expect(ntlm.remedy).toBe('enableBasic');
    expect(ntlm.message).toContain('NTLM and Negotiate');
    expect(ntlm.message).toContain('-BasicAuthentication $true');
    expect(faultOf(http(403, { 'x-ews-policy-reason': 'EwsDisabled' }), open).text.code).toBe('EwsDisabled');
    expect(
      faultOf(http(302, { location: 'https://elsewhere.example/x?token=1' }), open).text.message,
    ).not.toContain('token');
  });

  it('does not take codes, policies and schemes from a server that are none', () => {
    const hostile = '<script>alert(1)</script>';
    const answer = http(403, { 'x-ews-policy-reason': hostile, 'www-authenticate': hostile });
    expect(inspect(faultOf(answer, open), { depth: 9 })).not.toContain('script');
  });
});

describe('what the refusal of one item means', () => {
  it.each([
    ['ErrorItemNotFound', 'gone'],
    ['ErrorIrresolvableConflict', 'conflict'],
    ['ErrorItemCorrupt', 'failed'],
    ['ErrorMessageSizeExceeded', 'failed'],
    ['ErrorOfTomorrow', 'failed'],
    ['ErrorServerBusy', 'fault'],
    ['ErrorQuotaExceeded', 'fault'],
    ['ErrorBatchProcessingStopped', 'fault'],
  ])('%s is %s', (code, kind) => {
    expect(itemVerdict(refusal(code, { ofOneItem: true }), put).kind).toBe(kind);
  });

  it.each(['ErrorFolderCorrupt', 'ErrorFolderNotFound'])(
    'does not say of its folder that it is gone or refused: %s of a source item may pass',
    (code) => {
      const of = (request: Request) => itemVerdict(refusal(code, { ofOneItem: true }), request);
      expect(of(read)).toMatchObject({ fault: { kind: 'retryable' } });
      expect(of(put)).toMatchObject({ fault: { kind: 'folder' } });
      // As reading it tells the engine.
      expect(() => refused(refusal(code, { ofOneItem: true }))).toThrow(
        expect.objectContaining({ kind: 'retryable' }),
      );
    },
  );

  it('names an item that may not be read, or not be written where others may', () => {
    const of = (code: string, request: Request, ofOneItem = true) =>
      itemVerdict(refusal(code, { ofOneItem }), request);
    const denied = 'ErrorAccessDenied';
    expect(of(denied, read)).toMatchObject({
      kind: 'failed',
      reason: { code: denied, remedy: 'grantAccess' },
    });
    const others = { ...put, takesOthers: true };
    expect(of(denied, others)).toMatchObject({ kind: 'failed', reason: { remedy: 'checkItem' } });
    for (const verdict of [of(denied, put), of(denied, read, false), of('ErrorImpersonateUserDenied', read)])
      expect(verdict).toMatchObject({ fault: { details: { kind: 'folder', reason: 'refused' } } });
  });

  it('tells what to raise where an item is too large', () => {
    const verdict = itemVerdict(refusal('ErrorMessageSizeExceeded'), put);
    expect(verdict).toMatchObject({ kind: 'failed', reason: { remedy: 'raiseRequestLimit' } });
  });

  it('is sure that nothing was done only where it is', () => {
    const of = (code: string) => itemVerdict(refusal(code, { ofOneItem: true }), put);
    expect(of('ErrorBatchProcessingStopped')).toMatchObject({ fault: { notDone: true } });
    expect(of('ErrorTimeoutExpired')).toMatchObject({ fault: { notDone: false } });
  });
});

describe('the sign-ins a server offers', () => {
  it.each([
    [
      ['Negotiate', 'NTLM', 'Basic realm="mail.example.com"'],
      ['negotiate', 'ntlm', 'basic'],
    ],
    ['Basic realm="a, NTLM b", charset="UTF-8", Negotiate', ['basic', 'negotiate']],
    ['Bearer client_id="x", authorization_uri="y", Basic Realm=""', ['bearer', 'basic']],
    [undefined, []],
  ])('are found in %j', (header, schemes) => {
    expect(signInsOf(header)).toEqual(schemes);
  });
});

describe('a server name', () => {
  it.each([
    ['mail.example.com', 'https://mail.example.com/EWS/Exchange.asmx'],
    ['  mail.example.com:8443 ', 'https://mail.example.com:8443/EWS/Exchange.asmx'],
    ['https://mail.example.com/', 'https://mail.example.com/EWS/Exchange.asmx'],
    ['https://mail.example.com/ews/exchange.asmx', 'https://mail.example.com/ews/exchange.asmx'],
    ['https://[::1]:444/EWS/Exchange.asmx', 'https://[::1]:444/EWS/Exchange.asmx'],
    ['müller.example', 'https://xn--mller-kva.example/EWS/Exchange.asmx'],
  ])('%s stands for %s', (typed, url) => {
    expect(endpointOf(typed).href).toBe(url);
  });

  it.each([
    ['', 'empty'],
    ['http://mail.example.com', 'notHttps'],
    ['ftp://mail.example.com', 'notHttps'],
    ['https://user:secret@mail.example.com', 'hasSignIn'],
    ['https://mail.example.com/EWS?x=1', 'hasQuery'],
    ['mail example com', 'notAName'],
    ['https://', 'notAName'],
  ])('%j is refused as %s', (typed, fault) => {
    const refused = (() => {
      try {
        return endpointOf(typed);
      } catch (error) {
        return error;
      }
    })();
    expect(refused).toBeInstanceOf(InvalidServerName);
    expect(refused).toMatchObject({ fault });
    expect(String(refused)).not.toContain('secret');
  });

  it('of Microsoft 365 is known as such', () => {
    expect(isMicrosoft365(endpointOf('outlook.office365.com'))).toBe(true);
    expect(isMicrosoft365(endpointOf('myoutlook.office365.com.example'))).toBe(false);
  });
});

it('keeps what a refusal says out of what it throws', () => {
  expect(inspect(new HttpRefusal(401, { signIns: [], sent: 'all' }))).toContain('HTTP 401');
});
