import { mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Where Temporal comes from, as `sandbox/prepare.mjs` found it. */
export type TemporalSource = { address: string; source: string } | { binary: string; source: string };

/** Where the database comes from, as `sandbox/prepare.mjs` found it. */
export type DatabaseSource =
  | { uri: string; source: string }
  | { mongod: string; source: string }
  | { launcher: string; ferretdb: string; postgres: string; source: string }
  | { java: string; classPath: string; mainClass: string; source: string };

/** A program with its arguments. */
export interface Command {
  program: string;
  args: string[];
}

/**
 * Temporal with its data in one file. The pragmas make it about four times as fast; with them a killed server loses
 * nothing, a machine without power at most the last moment.
 * @param uiPort absent: no web pages
 */
export function temporalCommand(
  { binary }: { binary: string },
  { port, uiPort, file }: { port: number; uiPort?: number; file: string },
): Command {
  mkdirSync(dirname(file), { recursive: true });
  const args = ['server', 'start-dev', '--ip', '127.0.0.1', '--port', String(port), '--db-filename', file];
  args.push('--sqlite-pragma', 'journal_mode=WAL', '--sqlite-pragma', 'synchronous=NORMAL');
  args.push('--log-level', 'warn');
  args.push(...(uiPort ? ['--ui-ip', '127.0.0.1', '--ui-port', String(uiPort)] : ['--headless']));
  return { program: binary, args };
}

/** The database with its data in `folder`, which is made when it is missing. */
export function databaseCommand(
  source: Exclude<DatabaseSource, { uri: string }>,
  { port, folder }: { port: number; folder: string },
): Command {
  mkdirSync(folder, { recursive: true });
  if ('mongod' in source) {
    return {
      program: source.mongod,
      args: ['--dbpath', folder, '--port', String(port), '--bind_ip', '127.0.0.1', '--quiet'],
    };
  }
  if ('launcher' in source) {
    const { launcher, ferretdb, postgres } = source;
    const args = [launcher, '--ferretdb', ferretdb, '--postgres', postgres];
    return { program: process.execPath, args: [...args, '--port', String(port), '--folder', folder] };
  }
  const { java, classPath, mainClass } = source;
  const file = join(folder, 'mailporter.mv');
  return {
    program: java,
    args: ['-Xmx512m', '-XX:+UseSerialGC', '-cp', classPath, mainClass, String(port), file],
  };
}
