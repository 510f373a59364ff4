import { setTimeout as pause } from 'node:timers/promises';

/** Asks again and again until there is an answer. */
export async function eventually<T>(
  ask: () => Promise<T | undefined>,
  seen: () => unknown,
  withinMs = 120_000,
): Promise<T> {
  const giveUpAt = Date.now() + withinMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() > giveUpAt)
      throw new Error(`not within ${withinMs} ms: ${JSON.stringify(await seen(), null, 1)}`);
    await pause(50);
  }
}
