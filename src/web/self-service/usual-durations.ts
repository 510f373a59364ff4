import { usualDuration, type UsualDuration } from '../../domain/usual-duration';
import { finishedMoves } from '../../models/finished-moves';
import type { MailUser } from '../../models/mail-users';

const freshMs = 10 * 60 * 1000;
const mostPairs = 100;

/** What moves between two connectors usually take; looked up once in ten minutes for each pair. */
export class UsualDurations {
  private readonly known = new Map<string, { until: number; found: Promise<UsualDuration | undefined> }>();

  of({ source, target }: Pick<MailUser, 'source' | 'target'>, now: Date): Promise<UsualDuration | undefined> {
    const key = `${source.connectorId.toHexString()} ${target.connectorId.toHexString()}`;
    const known = this.known.get(key);
    if (known !== undefined && known.until > now.getTime()) return known.found;
    const found = finishedMoves({ source: source.connectorId, target: target.connectorId }).then(
      usualDuration,
    );
    if (this.known.size >= mostPairs) this.known.clear();
    this.known.set(key, { until: now.getTime() + freshMs, found });
    found.catch(() => this.known.delete(key));
    return found;
  }
}
