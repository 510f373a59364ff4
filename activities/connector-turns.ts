import type { Clock } from '../src/engine/clock';
import { SharedTurns } from '../src/engine/shared-turns';
import { partsOf, type TurnsTold } from '../src/domain/turn-parts';

/** What a process tells others, by connector. */
export type ConnectorTurnsTold = Record<string, TurnsTold>;

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

  /** For the other processes: of connectors with mailboxes at work here. */
  get told(): ConnectorTurnsTold {
    const told: ConnectorTurnsTold = {};
    for (const [connectorId, { told: one }] of this.all) if (one !== undefined) told[connectorId] = one;
    return told;
  }

  /**
   * Keeps to this process's part of what all have. To be called every few seconds.
   * @param all what each living process said last, this one too, by its own queue
   * @param nowMs of a clock that is the same for all of them, about
   */
  hear(all: ReadonlyMap<string, ConnectorTurnsTold>, own: string, nowMs: number): void {
    for (const [connectorId, turns] of this.all) {
      const told = new Map<string, TurnsTold>();
      for (const [queue, { [connectorId]: one }] of all) if (one !== undefined) told.set(queue, one);
      const others = [...told].reduce(
        (sum, [queue, { mailboxes }]) => sum + (queue === own ? 0 : mailboxes),
        0,
      );
      turns.hear(others, others > 0 ? partsOf(told, nowMs).get(own) : undefined);
    }
  }
}
