import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';
import type { NeededProgram } from './needs';
import { needs } from './needs';

const WHAT =
  'Python with exchangelib, an EWS client that is not ours (on Debian: apt-get install python3-exchangelib)';
const SYSTEM_PYTHON = '/usr/bin/python3';

/** Python that has exchangelib; tests that need it are written with its `it`. */
export const exchangelib: NeededProgram = needs(
  hasExchangelib() ? SYSTEM_PYTHON : `${SYSTEM_PYTHON}-with-exchangelib`,
  WHAT,
);

function hasExchangelib(): boolean {
  return spawnSync(SYSTEM_PYTHON, ['-c', 'import exchangelib'], { stdio: 'ignore' }).status === 0;
}

/** Runs a script of Python with exchangelib and reads the JSON it prints. The password travels in the environment. */
export async function runPython(script: string, args: readonly string[], password: string): Promise<unknown> {
  const env = { ...process.env, EXCHANGE_PASSWORD: password };
  const { stdout } = await promisify(execFile)(SYSTEM_PYTHON, [script, ...args], { env });
  return JSON.parse(stdout) as unknown;
}
