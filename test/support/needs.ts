import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** A program that some tests use and that a machine may lack. */
export interface NeededProgram {
  /** Its full path; the bare name where it is not there. */
  readonly path: string;
  readonly there: boolean;
  /** `it` where the program is there. Elsewhere the test is skipped; with CI set it fails and says what is missing. */
  readonly it: jest.It;
}

/**
 * Looks for a program on PATH.
 * @param name its name, or its full path
 * @param what it is in words, for whoever lacks it
 */
export function needs(name: string, what: string): NeededProgram {
  const path = name.includes('/') ? [name].find(isProgram) : onPath(name);
  if (path) return { path, there: true, it };
  if (!process.env.CI) return { path: name, there: false, it: it.skip };
  const failing = (title: string) =>
    it(title, () => {
      throw new Error(`${name} is missing: ${what}. In CI nothing is skipped for want of a part.`);
    });
  return { path: name, there: false, it: Object.assign(failing, it) };
}

function onPath(name: string): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter).filter(Boolean);
  return folders.map((folder) => join(folder, name)).find(isProgram);
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
