import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Policy } from '../policy';

const LINGER_MS = 2000;

/**
 * Refuses a request whose body is greater than the limit. The answer leaves at once; for a moment the rest is read and
 * dropped, so that a client in the middle of sending can read the answer, then the connection is closed.
 */
export function refuseTooLarge(request: IncomingMessage, response: ServerResponse, policy: Policy): void {
  const { socket } = request;
  if (policy.overLimit === 'reset') {
    socket.destroy();
    return;
  }
  const status = Number(policy.overLimit);
  const text =
    status === 404
      ? 'HTTP Error 404.13 - Not Found. The request content length exceeds the limit.'
      : 'Request Entity Too Large';
  response.writeHead(status, {
    Connection: 'close',
    'Content-Type': 'text/html',
    'Content-Length': Buffer.byteLength(text),
  });
  response.write(text);
  const end = (): void => {
    clearTimeout(timer);
    response.end();
    socket.destroySoon();
  };
  const timer = setTimeout(end, LINGER_MS);
  timer.unref();
  request.once('end', end);
  request.once('error', end);
  request.resume();
}
