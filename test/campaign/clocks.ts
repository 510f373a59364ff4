import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PartDefinition } from '../../sandbox/supervisor/part';

/** Who has a clock of his own. */
export type ClockName = 'worker' | 'web' | 'secondWorker';

/** Where Debian's package `faketime` puts it, by machine. */
const libraries = ['x86_64', 'aarch64'].map(
  (machine) => `/usr/lib/${machine}-linux-gnu/faketime/libfaketimeMT.so.1`,
);

/**
 * Clocks of the parts, set apart by libfaketime; timers and monotonic clocks go on as they are. Without the library every
 * clock stays right. Temporal is one static program, which no library reaches, and a Java database waits in circles under it: that their
 * clocks are apart from the product's is had by setting those of worker and web server alike.
 */
export class Clocks {
  readonly #library = libraries.find((file) => existsSync(file));

  constructor(private readonly folder: string) {
    mkdirSync(folder, { recursive: true });
  }

  get canShift(): boolean {
    return this.#library !== undefined;
  }

  /** The part with a clock that {@link shift} sets. */
  shiftable(name: ClockName, part: PartDefinition): PartDefinition {
    if (this.#library === undefined) return part;
    this.shift(name, 0);
    const env = {
      ...part.env,
      LD_PRELOAD: this.#library,
      FAKETIME_TIMESTAMP_FILE: this.#file(name),
      FAKETIME_CACHE_DURATION: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    };
    return { ...part, env };
  }

  /** Sets a part's clock so many seconds ahead of the others, or behind; it is seen within a second. */
  shift(name: ClockName, seconds: number): void {
    writeFileSync(this.#file(name), `${seconds < 0 ? '' : '+'}${seconds}\n`);
  }

  #file(name: ClockName): string {
    return join(this.folder, name);
  }
}
