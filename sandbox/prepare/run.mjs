import { spawn } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const KEPT_OUTPUT_CHARS = 4000;

/**
 * Runs a program to its end, without a shell and without standard input.
 * Returns what it wrote to standard output (the last 4,000 characters). Throws when it cannot be started, ends with
 * another code than 0, or is still running after `timeLimitMs`; the message holds the end of what it wrote.
 */
export function run(command, args, { cwd, env = {}, timeLimitMs } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: timeLimitMs,
      killSignal: 'SIGKILL',
    });
    let stdout = '';
    let all = '';
    const keep = (text, more) => (text + more).slice(-KEPT_OUTPUT_CHARS);
    child.stdout.setEncoding('utf8').on('data', (text) => {
      stdout = keep(stdout, text);
      all = keep(all, text);
    });
    child.stderr.setEncoding('utf8').on('data', (text) => (all = keep(all, text)));
    child.once('error', (cause) =>
      reject(new Error(`${command} cannot be run: ${cause.message}`, { cause })),
    );
    child.once('close', (code, signal) => {
      if (code === 0) return resolve(stdout);
      const end = signal ? `was ended by ${signal}` : `ended with code ${code}`;
      reject(new Error(`${[command, ...args.slice(0, 3)].join(' ')} ${end}\n${all.trim()}`));
    });
  });
}

/** The full path of a program on PATH, or undefined. */
export function onPath(name) {
  const endings = process.platform === 'win32' ? ['.exe', '.cmd'] : [''];
  for (const folder of (process.env.PATH ?? '').split(delimiter).filter(Boolean)) {
    for (const ending of endings) {
      const path = join(folder, name + ending);
      if (isProgram(path)) return path;
    }
  }
  return undefined;
}

function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
