import { connect } from 'node:net';

/**
 * True when a TLS port of `host` answers within `withinMs`, or when a proxy stands between, which cannot be told.
 * Asked before a download, so that a machine without a way to that host learns it at once.
 */
export function canReach(host, withinMs = 4000) {
  if (process.env.HTTPS_PROXY || process.env.https_proxy) return Promise.resolve(true);
  return new Promise((resolve) => {
    const socket = connect({ host, port: 443 });
    const end = (answer) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    const timer = setTimeout(() => end(false), withinMs);
    socket.once('connect', () => end(true));
    socket.once('error', () => end(false));
  });
}
