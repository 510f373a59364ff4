import { Context } from '@temporalio/activity';

/**
 * Heartbeats now and every second until it is disposed of. Temporal tells of a cancellation, and of a worker that is ending, in the
 * answer to a heartbeat alone.
 *
 * @param details counters, small; absent where there is nothing to tell
 */
export function heartbeats(details?: () => unknown): Disposable {
  const context = Context.current();
  const beat = () => context.heartbeat(details?.());
  beat();
  const timer = setInterval(beat, 1000);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
