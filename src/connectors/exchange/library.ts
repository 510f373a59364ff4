import {
  EwsServiceXmlWriter,
  ExchangeService,
  ExchangeVersion,
  Uri,
  WebCredentials,
  type IXHRApi,
  type IXHROptions,
} from 'ews-javascript-api';
import { collect, type Session } from './session';
import { endpointOf, type ServerVersion } from './settings';
import { refusalOf } from './soap/message';
import { escapeAttribute, escapeText } from './soap/text';

/** Answers to the library's requests are small; more is not one. */
const longestAnswer = 16 * 1024 * 1024;

const versions: Readonly<Record<ServerVersion, ExchangeVersion>> = {
  Exchange2013: ExchangeVersion.Exchange2013,
  Exchange2013_SP1: ExchangeVersion.Exchange2013_SP1,
  Exchange2016: ExchangeVersion.Exchange2016,
};

/**
 * Runs calls of ews-javascript-api over a session's own connections: its sign-in, time-outs, certificate check and cancellation.
 * For the wide and shallow part of EWS only: the library parses each request again and holds everything in memory.
 * @throws what the session throws, whatever the library makes of it
 */
export async function withLibrary<T>(
  session: Session,
  signal: AbortSignal,
  hold: (() => Promise<void>) | undefined,
  work: (service: ExchangeService) => Promise<T>,
): Promise<T> {
  escapeWhatIsWritten();
  const transport = new SessionTransport(session, signal, hold);
  const service = new ExchangeService(versions[session.settings.serverVersion]);
  service.Url = new Uri(endpointOf(session.settings.serverName).href);
  // The library insists on credentials of its own; the session signs in.
  service.Credentials = new WebCredentials('the', 'session');
  service.XHRApi = transport;
  try {
    return await work(service);
  } catch (error) {
    throw transport.failure ?? error;
  }
}

/** An `XMLHttpRequest`, of which the library reads status and text. */
type LibraryAnswer = Awaited<ReturnType<IXHRApi['xhr']>>;

/** The library's seam for transports. What goes wrong is kept, since the library loses most of it. */
class SessionTransport implements IXHRApi {
  readonly apiName = 'mailporter';
  failure: unknown;

  constructor(
    private readonly session: Session,
    private readonly signal: AbortSignal,
    private readonly hold: (() => Promise<void>) | undefined,
  ) {}

  async xhr(options: IXHROptions): Promise<LibraryAnswer> {
    try {
      const text = await this.exchange(String(options.data));
      return answered(text);
    } catch (error) {
      this.failure ??= error;
      throw error;
    }
  }

  xhrStream(): Promise<LibraryAnswer> {
    return Promise.reject(new Error('Notifications are not asked for.'));
  }

  disconnect(): void {
    // The session closes its connections.
  }

  private async exchange(body: string): Promise<string> {
    const pieces: Buffer[] = [];
    let length = 0;
    const tap = (bytes: Buffer) => {
      length += bytes.length;
      if (length <= longestAnswer) pieces.push(bytes);
    };
    const answer = await this.session.call({
      body,
      signal: this.signal,
      tap,
      ...(this.hold ? { hold: this.hold } : {}),
    });
    for (const message of await collect(answer.parts)) {
      const refusal = refusalOf(message);
      if (refusal) throw refusal;
    }
    return Buffer.concat(pieces).toString('utf8');
  }
}

function answered(text: string): LibraryAnswer {
  const answer = {
    status: 200,
    response: text,
    responseText: text,
    getAllResponseHeaders: () => '',
    getResponseHeader: () => null,
  };
  return answer as LibraryAnswer;
}

let escapes = false;

/** The library writes every value into its XML as it is, names of folders included. */
function escapeWhatIsWritten(): void {
  if (escapes) return;
  escapes = true;
  // Its types name a file that the package lacks.
  const { prototype: writer } = EwsServiceXmlWriter as unknown as { prototype: Writer };
  const write = { value: writer.WriteValue, attribute: writer.WriteAttributeString };
  writer.WriteValue = function (value, name) {
    return write.value.call(this, typeof value === 'string' ? escapeText(value) : value, name);
  };
  writer.WriteAttributeString = function (...args) {
    const last = args.at(-1);
    const escaped = typeof last === 'string' ? escapeAttribute(last) : last;
    return write.attribute.call(this, ...args.slice(0, -1), escaped);
  };
}

interface Writer {
  WriteValue: (this: Writer, value: unknown, name: unknown) => unknown;
  WriteAttributeString: (this: Writer, ...args: unknown[]) => unknown;
}
