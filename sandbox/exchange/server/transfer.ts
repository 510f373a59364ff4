import { setTimeout as wait } from 'node:timers/promises';
import type { Policy } from '../policy';

/** One request on the wire: how much of it has passed in either direction, no faster than the policy lets it. */
export class Transfer {
  /** Of the request's body. */
  takenBytes = 0;
  /** Of the answer. */
  givenBytes = 0;

  constructor(private readonly policy: () => Policy) {}

  /** So many more bytes of the body came. Resolves when the next ones may be taken. */
  async taken(bytes: number): Promise<void> {
    this.takenBytes += bytes;
    await lasting(bytes, () => this.policy().takesBytesPerSecond);
  }

  /** So many more bytes of the answer went. Resolves when the next ones may go. */
  async given(bytes: number): Promise<void> {
    this.givenBytes += bytes;
    await lasting(bytes, () => this.policy().givesBytesPerSecond);
  }
}

/** Waits as long as so many bytes take, a tenth of a second at a time: the policy may change meanwhile. */
async function lasting(bytes: number, bytesPerSecond: () => number | undefined): Promise<void> {
  for (let left = bytes; left > 0;) {
    const rate = bytesPerSecond();
    if (rate === undefined) return;
    const slice = Math.min(left, Math.ceil(rate / 10));
    await wait((slice / rate) * 1000);
    left -= slice;
  }
}
