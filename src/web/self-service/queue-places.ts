import { placesInQueue } from '../../models/slots';

/** The gate looks as often. */
const freshMs = 3_000;

/** The places of all that wait; looked up once in three seconds, however many pages ask. */
export class QueuePlaces {
  private known?: { until: number; places: Promise<ReadonlyMap<string, number>> };

  /** As of `placesInQueue`; `undefined` where it waits for nothing. */
  async of(mailUserId: string, now: Date): Promise<number | undefined> {
    if (this.known === undefined || this.known.until <= now.getTime()) {
      const known = { until: now.getTime() + freshMs, places: placesInQueue(now) };
      known.places.catch(() => this.known === known && delete this.known);
      this.known = known;
    }
    return (await this.known.places).get(mailUserId);
  }
}
