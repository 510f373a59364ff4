/** What an activity has got done, as its heartbeats tell it. */
export class Progress {
  /** The last that was noted; absent where there is nothing to tell. */
  details: unknown;
  private begun?: string;

  /** The first note says how it stood before. */
  note(details: unknown): void {
    this.begun ??= JSON.stringify(details);
    this.details = details;
  }

  /** Whether anything has changed since the first note. */
  get isMade(): boolean {
    return this.begun !== undefined && JSON.stringify(this.details) !== this.begun;
  }
}
