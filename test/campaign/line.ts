import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { resetConnection } from '../../sandbox/exchange/server/reset';

/** How a line is cut: at once; or for a while nothing passes, and nothing is lost; or what is answered is lost, and then the line. */
export type Cut = 'reset' | 'silent' | 'answersLost';

interface Pair {
  near: Socket;
  far: Socket;
}

/** The connections of one process to a server on this machine, all of which can be cut. */
export class Line {
  private readonly pairs = new Set<Pair>();
  private cutAs?: Cut;
  private readonly server = createServer((near) => this.accept(near));

  private constructor(private readonly farPort: number) {}

  static async to(farPort: number): Promise<Line> {
    const line = new Line(farPort);
    line.server.listen(0, '127.0.0.1');
    await once(line.server, 'listening');
    return line;
  }

  /** Where the process connects to instead. */
  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /**
   * Resolves when the line is whole again: after a reset at once, else when `over` is settled.
   * @returns how many connections were cut
   */
  async cut(as: Cut, over: Promise<unknown>): Promise<number> {
    const { size } = this.pairs;
    this.cutAs = as;
    for (const pair of this.pairs) this.join(pair);
    if (as !== 'reset') await over;
    this.mend();
    return size;
  }

  /** Nothing is cut any more. */
  mend(): void {
    const { cutAs } = this;
    delete this.cutAs;
    for (const pair of this.pairs)
      if (cutAs === 'answersLost') reset(pair);
      else this.join(pair);
  }

  end(): void {
    this.server.close();
    for (const pair of this.pairs) reset(pair);
  }

  private accept(near: Socket): void {
    const far = connect(this.farPort, '127.0.0.1');
    const pair = { near, far };
    this.pairs.add(pair);
    for (const socket of [near, far]) {
      socket.setNoDelay(true);
      socket.on('error', () => reset(pair));
      socket.once('close', () => {
        this.pairs.delete(pair);
        near.destroy();
        far.destroy();
      });
    }
    this.join(pair);
  }

  /** Lets through what may pass just now. */
  private join(pair: Pair): void {
    const { near, far } = pair;
    near.unpipe(far).pause();
    far.unpipe(near).pause();
    if (this.cutAs === 'reset') reset(pair);
    if (this.cutAs === undefined || this.cutAs === 'answersLost') near.pipe(far);
    if (this.cutAs === undefined) far.pipe(near);
    if (this.cutAs === 'answersLost') far.resume();
  }
}

function reset({ near, far }: Pair): void {
  resetConnection(near);
  resetConnection(far);
}
