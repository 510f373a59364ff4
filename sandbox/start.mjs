import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { readFlags } from './flags.mjs';
import { prepare, root } from './prepare.mjs';

/**
 * `npm start`: prepares, then runs the whole service with sample mailboxes until it is told to end.
 * MAILPORTER_DATA names another folder than `.data` for what it keeps; such a second sandbox takes free ports.
 */
async function main() {
  const flags = readFlags(process.argv.slice(2));
  if (flags.help) return process.stdout.write(`${flags.help}\n`);
  const second = process.env.MAILPORTER_DATA;
  const dataFolder = second ?? join(root, '.data');
  const beginWith = second ? 'free' : 'usual';
  const sources = await prepare();
  const built = join(dirname(fileURLToPath(import.meta.url)), '..', 'dist', 'sandbox', 'main.js');
  const { main: run } = (await import(pathToFileURL(built).href)).default;
  await run({ root, dataFolder, beginWith, sources, flags });
}

await main().catch((fault) => {
  process.stderr.write(`\n${fault.message}\n`);
  process.exit(1);
});
