/** How much is asked of the servers at once, for a whole mailbox. */
export interface Width {
  /** Requests at once to each side; the connection limits of the sides apply besides. */
  readonly requests: number;
  /** Most items of a parcel, and most bytes of one with several items; the limits of the sides apply besides. */
  readonly parcelItems: number;
  readonly parcelBytes: number;
  /** The server answered well. */
  grow(): void;
  /** The server throttled or timed out. */
  shrink(): void;
}

/** A width that does not adapt. */
export function fixedWidth(requests: number, parcel: { items: number; bytes: number }): Width {
  return { requests, parcelItems: parcel.items, parcelBytes: parcel.bytes, grow() {}, shrink() {} };
}
