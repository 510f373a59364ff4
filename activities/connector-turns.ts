import type { Clock } from '../src/engine/clock';
import { SharedTurns } from '../src/engine/shared-turns';

/** The turns of all mailboxes of this process, by the connector they ask through; kept for as long as the process runs. */
export class ConnectorTurns {
  private readonly all = new Map<string, SharedTurns>();

  constructor(private readonly clock: Clock) {}

  for(connectorId: string): SharedTurns {
    let turns = this.all.get(connectorId);
    if (turns === undefined) {
      turns = new SharedTurns(this.clock);
      this.all.set(connectorId, turns);
    }
    return turns;
  }
}
