import { Fault } from '../../src/domain/faults';
import { FencedSendWindow } from '../../src/engine/send-window';
import { VirtualTime } from './model/virtual-time';

describe('FencedSendWindow', () => {
  const setting = (writeMs = 10) => {
    const time = new VirtualTime();
    const seen = { proofs: 0 };
    const window: FencedSendWindow = new FencedSendWindow(time, 5_000, async () => {
      seen.proofs += 1;
      const sentAt = time.monotonic();
      await time.sleep(writeMs);
      window.wrote(sentAt);
    });
    return { time, window, seen };
  };

  it('is closed until a write under the fence has succeeded', async () => {
    const { time, window, seen } = setting();
    await time.until(window.hold());
    expect(seen.proofs).toBe(1);
  });

  it('stays open without a write for half of its time, and is renewed after that', async () => {
    const { time, window, seen } = setting();
    window.wrote(time.monotonic());
    await time.until(time.sleep(2_400));
    await time.until(window.hold());
    expect(seen.proofs).toBe(0);
    await time.until(time.sleep(200));
    await time.until(window.hold());
    expect(seen.proofs).toBe(1);
  });

  it('is measured from the sending of the write, not from its answer', async () => {
    const { time, window, seen } = setting(2_600);
    const fault = await time.until(window.hold().catch((reason: unknown) => reason));
    expect(fault).toBeInstanceOf(Fault);
    expect(seen.proofs).toBe(5);
  });

  it('makes one write for many who hold it at once', async () => {
    const { time, window, seen } = setting();
    await time.until(Promise.all(Array.from({ length: 20 }, () => window.hold())));
    expect(seen.proofs).toBe(1);
  });

  it('rejects where the fence is lost', async () => {
    const window = new FencedSendWindow(new VirtualTime(), 5_000, () =>
      Promise.reject(new Error('fenced out')),
    );
    await expect(window.hold()).rejects.toThrow('fenced out');
  });
});
