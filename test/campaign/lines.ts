import type { Layout } from '../../sandbox/parts';
import { Line, type Cut } from './line';

/** Who hangs on a line, and on what. */
export type NearEnd = 'worker' | 'web';
export type FarEnd = 'mongodb' | 'temporal';
const nearEnds: readonly NearEnd[] = ['worker', 'web'];
const farEnds: readonly FarEnd[] = ['mongodb', 'temporal'];

/** The lines between the product's processes and what they stand on. */
export class Lines {
  private readonly lines = new Map<`${NearEnd} ${FarEnd}`, Line>();

  static async over(ports: Layout['ports']): Promise<Lines> {
    const all = new Lines();
    for (const near of nearEnds)
      for (const far of farEnds) all.lines.set(`${near} ${far}`, await Line.to(ports[far]));
    return all;
  }

  /** What a process is started with, so that it asks over its lines. */
  layoutOf(near: NearEnd, layout: Layout): Layout {
    const ports = { ...layout.ports };
    for (const far of farEnds) ports[far] = this.line(near, far).port;
    return { ...layout, ports };
  }

  /** As {@link Line.cut}. */
  cut(near: NearEnd, far: FarEnd, as: Cut, over: Promise<unknown>): Promise<number> {
    return this.line(near, far).cut(as, over);
  }

  mend(): void {
    for (const line of this.lines.values()) line.mend();
  }

  end(): void {
    for (const line of this.lines.values()) line.end();
  }

  private line(near: NearEnd, far: FarEnd): Line {
    return this.lines.get(`${near} ${far}`) as Line;
  }
}
