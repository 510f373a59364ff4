/** A line of the campaign's own, with the time of day. */
export function say(line: string): void {
  process.stdout.write(`${new Date().toTimeString().slice(0, 8)} ${line}\n`);
}
