const startedAt = Date.now();

/** Tells the person at the terminal one thing. Standard output stays free for what a program reads. */
export function say(line) {
  process.stderr.write(`${line}\n`);
}

/**
 * Runs `work` and shows that it lives: nothing for the first seconds, then a line with the time gone by.
 * On a terminal the line is rewritten in place; in a log a new one comes every 15 seconds.
 */
export async function sayWhile(what, work) {
  const start = Date.now();
  const onTerminal = process.stderr.isTTY === true;
  let shown = false;
  const tick = setInterval(
    () => {
      shown = true;
      const line = `  … ${what}, ${elapsed(Date.now() - start)}`;
      process.stderr.write(onTerminal ? `\r\x1b[2K${line}` : `${line}\n`);
    },
    onTerminal ? 1000 : 15_000,
  );
  try {
    return await work();
  } finally {
    clearInterval(tick);
    if (shown && onTerminal) process.stderr.write('\r\x1b[2K');
  }
}

/** `48 s`, `2 min 05 s`. */
export function elapsed(ms) {
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  return `${Math.floor(seconds / 60)} min ${String(seconds % 60).padStart(2, '0')} s`;
}

/** How long this process has been preparing. */
export const sinceStart = () => elapsed(Date.now() - startedAt);
