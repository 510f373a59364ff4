import { copyFileSync, mkdirSync, openSync, readFileSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';

const MOST_BYTES = 10 * 1024 * 1024;
const LOOK_EVERY_MS = 5000;

/** The logs of the parts, `<folder>/<part>.log`: each at most some 10 MB, with the 10 MB before them in `<part>.log.1`. */
export class Logs {
  readonly #folder: string;
  readonly #parts = new Set<string>();
  readonly #timer: NodeJS.Timeout;

  constructor(folder: string) {
    this.#folder = folder;
    this.#timer = setInterval(() => this.#turn(), LOOK_EVERY_MS).unref();
  }

  /** A descriptor that a part writes to by itself, at the end of its log; give it back with `closeSync`. */
  open(part: string): number {
    this.#parts.add(part);
    mkdirSync(this.#folder, { recursive: true });
    return openSync(this.path(part), 'a', 0o600);
  }

  path(part: string): string {
    return join(this.#folder, `${part}.log`);
  }

  /** The last lines of a log, for the terminal. */
  tail(part: string, lines = 20): string {
    return readFileSync(this.path(part), 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
  }

  end(): void {
    clearInterval(this.#timer);
  }

  /** A part keeps its descriptor and appends, so its log is copied and cut, not moved. */
  #turn(): void {
    for (const path of [...this.#parts].map((part) => this.path(part))) {
      const { size = 0 } = statSync(path, { throwIfNoEntry: false }) ?? {};
      if (size <= MOST_BYTES) continue;
      copyFileSync(path, `${path}.1`);
      truncateSync(path);
    }
  }
}
