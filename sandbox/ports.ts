import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';
import { readJson, writeJson } from './json-file';

/** The port that is tried first for each part of the sandbox. */
const usual = {
  web: 3000,
  temporal: 7233,
  temporalUi: 8233,
  mongodb: 27017,
  inbox: 1080,
  smtp: 1025,
  contoso: 8443,
  contosoControl: 8453,
  fabrikam: 8444,
  fabrikamControl: 8454,
  supervisor: 3999,
} as const;

export type Ports = Record<keyof typeof usual, number>;

/**
 * The ports of a sandbox on 127.0.0.1: those of its last run, kept in `file`; at first the usual ones, or free ones
 * where `beginWith` says so. A port that is taken by a stranger is replaced by a free one.
 * @param changed is called with the name of each port of the last run that had to be replaced
 */
export async function choosePorts(
  file: string,
  beginWith: 'usual' | 'free',
  changed: (name: string) => void = () => undefined,
): Promise<Ports> {
  const before = readJson<Partial<Ports>>(file);
  const chosen: Partial<Ports> = {};
  const taken = new Set<number>();
  for (const name of Object.keys(usual) as (keyof Ports)[]) {
    const wanted = before?.[name] ?? (beginWith === 'usual' ? usual[name] : await freePort());
    let port = wanted;
    while (taken.has(port) || !(await isFree(port))) port = await freePort();
    if (before?.[name] !== undefined && port !== wanted) changed(name);
    chosen[name] = port;
    taken.add(port);
  }
  const ports = chosen as Ports;
  writeJson(file, ports);
  return ports;
}

/**
 * A TCP port on 127.0.0.1 that nothing listens on at the moment. It lies below those from which systems take the local
 * port of an outgoing connection, so that none is in the way when a part comes back to it.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 1000; attempt += 1) {
    const port = randomInt(20_000, 32_000);
    if (await isFree(port)) return port;
  }
  throw new Error('No port from 20000 to 32000 is free on 127.0.0.1.');
}

/** True when nothing listens on this port of 127.0.0.1. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });
}
