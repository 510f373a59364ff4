/** When mailboxes may be copied: each of `days` from `from` on, until `to` of the same or the next day. */
export interface StartWindow {
  /** `HH:MM`, 00:00 to 23:59. */
  from: string;
  /** `HH:MM`; at or before `from` it is that of the next day. */
  to: string;
  /** The days it opens on: 1 Monday to 7 Sunday, at least one. */
  days: number[];
  /** IANA name, for example `Europe/Berlin`. */
  timeZone: string;
}
