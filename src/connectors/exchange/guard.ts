import { faultOf, type Request } from './faults';

/** Runs what a method of the port does; whatever goes wrong leaves as a `Fault`, or as the reason of an aborted signal. */
export async function guarded<T>(request: Request, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
  try {
    signal.throwIfAborted();
    return await work();
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw faultOf(error, request);
  }
}

/** The same for what yields. */
export async function* guardedEach<T>(
  request: Request,
  signal: AbortSignal,
  work: () => AsyncIterable<T>,
): AsyncGenerator<T, void, undefined> {
  try {
    signal.throwIfAborted();
    yield* work();
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw faultOf(error, request);
  }
}
