import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { DatabaseSource, TemporalSource } from '../../sandbox/servers';

interface Prepared {
  temporal: TemporalSource;
  mongodb: DatabaseSource;
}

/** The work tree. */
export const root = join(__dirname, '..', '..');

/** What `sandbox/prepare.mjs` has for one step: the same preparation as `npm start`. */
export async function prepared<Step extends keyof Prepared>(step: Step): Promise<Pick<Prepared, Step>> {
  const script = join(root, 'sandbox', 'prepare.mjs');
  const { stdout } = await promisify(execFile)(process.execPath, [script, '--json', step]);
  return JSON.parse(stdout) as Pick<Prepared, Step>;
}
