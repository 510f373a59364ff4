import { readFileSync } from 'node:fs';
import { createRequire, Module } from 'node:module';
import { join } from 'node:path';
import { prepare, root } from '../../sandbox/prepare.mjs';
import { readFlags } from './flags.mjs';

/** `npm run faults`: the campaign is TypeScript of the tests, so it is compiled as they are, while it is loaded. */
const options = {
  jsc: { target: 'es2023', parser: { syntax: 'typescript' }, keepClassNames: true },
  module: { type: 'commonjs', ignoreDynamic: false },
  sourceMaps: 'inline',
};

async function main() {
  const flags = readFlags(process.argv.slice(2));
  if (flags.help) return process.stdout.write(`${flags.help}\n`);
  const sources = flags.report ? undefined : await prepare();
  // Packages are there from here on.
  const { transformSync } = await import('@swc/core');
  Module._extensions['.ts'] = (module, filename) =>
    module._compile(transformSync(readFileSync(filename, 'utf8'), { ...options, filename }).code, filename);
  const { main: run, report } = createRequire(import.meta.url)(join(root, 'test', 'campaign', 'main.ts'));
  if (flags.report) return report(root, flags.results);
  process.exitCode = { kept: 0, broken: 1, unended: 2 }[await run({ root, sources, flags })];
}

await main().catch((fault) => {
  process.stderr.write(`\n${fault.stack}\n`);
  process.exitCode = 1;
});
