import { join } from 'node:path';
import { mongodbUri, type Layout } from '../../sandbox/parts';
import type { Agenda, RunEnd } from './agenda';
import type { Plan } from './plan';
import { Product } from './product';
import type { Surroundings } from './run';
import { say } from './say';
import { FaultySystem } from './system';
import { Witness } from './witness';

/** How often a system is brought up before it is given up: beside others at work a part may take longer than it is given. */
const tries = 3;

/** A whole system of its own with which one run is made after the other. Several lanes side by side share nothing. */
export class Lane {
  private surroundings?: Surroundings;

  constructor(
    private readonly root: string,
    private readonly sources: Layout['sources'],
    private readonly number: number,
    private readonly make: (surroundings: Surroundings, plan: Plan) => Promise<RunEnd>,
  ) {}

  /** Brings the system up. @throws Error where a part does not come up, however often it is tried: no run is to blame for that */
  async begin(): Promise<Surroundings> {
    for (let number = 1; ; number += 1) {
      try {
        return (this.surroundings = await this.bringUp());
      } catch (fault) {
        say(`System ${this.number} does not come up: ${String(fault)}`);
        if (number >= tries) throw fault;
      }
    }
  }

  /** Makes runs until the agenda has none. A system in which a run failed is not trusted any more: the next has another. */
  async work(agenda: Agenda): Promise<void> {
    try {
      for (let plan = agenda.next(); plan; plan = agenda.next()) {
        const surroundings = this.surroundings ?? (await this.begin());
        const begunAt = performance.now();
        const end = await this.make(surroundings, plan);
        agenda.ended(end, performance.now() - begunAt);
        if (end !== 'kept') await this.end();
      }
    } finally {
      await this.end();
    }
  }

  private async bringUp(): Promise<Surroundings> {
    const data = join(this.root, '.data', 'faults', `system-${this.number}`);
    const system = await FaultySystem.start(this.root, data, this.sources);
    try {
      const product = await Product.connect(mongodbUri(system.layout));
      return { system, product, witness: new Witness() };
    } catch (fault) {
      await system.end();
      throw fault;
    }
  }

  private async end(): Promise<void> {
    const ending = this.surroundings;
    delete this.surroundings;
    if (ending === undefined) return;
    ending.witness.end();
    await ending.product.close().catch(() => undefined);
    await ending.system.end();
  }
}
