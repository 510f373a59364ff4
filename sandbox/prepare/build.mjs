import { createHash, randomUUID } from 'node:crypto';
import { cpSync, existsSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from './run.mjs';
import { say, sayWhile } from './say.mjs';

const SOURCES = [
  'src',
  'workflows',
  'activities',
  'sandbox',
  'bench',
  'views',
  'tsconfig.json',
  'tsconfig.build.json',
];
const TYPESCRIPT = /\.ts$/;

/** Builds `dist` where it was made from other sources than those that stand here. */
export async function build(root) {
  const inputs = inputsHash(root);
  if (builtFrom(root) === inputs) return;
  say('Mailporter: building');
  await sayWhile('still building Mailporter', () => buildInto(root, inputs));
}

/**
 * Compiles the product, copies what is not TypeScript beside it and bundles the workflows, all in a folder of its own
 * that becomes `dist` when complete: an older `dist` stays as it is until then, and when the build fails.
 */
async function buildInto(root, inputs) {
  const draft = join(root, `dist.${randomUUID()}`);
  try {
    const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
    await run(process.execPath, [tsc, '-p', 'tsconfig.build.json', '--outDir', draft], { cwd: root });
    for (const folder of ['views', 'src', 'sandbox']) copyAssets(join(root, folder), join(draft, folder));
    await bundleWorkflows(root, join(draft, 'workflow-bundle.js'));
    writeFileSync(join(draft, '.inputs'), inputs);
    replaceFolder(join(root, 'dist'), draft);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
}

function copyAssets(from, to) {
  if (!existsSync(from)) return;
  cpSync(from, to, { recursive: true, filter: (path) => !TYPESCRIPT.test(path) });
}

async function bundleWorkflows(root, file) {
  const entry = join(root, 'workflows', 'index.ts');
  if (!existsSync(entry)) return;
  const script = join(root, 'sandbox', 'prepare', 'bundle-workflows.mjs');
  await run(process.execPath, [script, entry, file], { cwd: root });
}

function replaceFolder(final, draft) {
  const old = `${final}.${randomUUID()}`;
  if (existsSync(final)) renameSync(final, old);
  renameSync(draft, final);
  rmSync(old, { recursive: true, force: true });
}

function builtFrom(root) {
  try {
    return readFileSync(join(root, 'dist', '.inputs'), 'utf8');
  } catch {
    return undefined;
  }
}

function inputsHash(root) {
  const hash = createHash('sha256').update(process.version);
  for (const file of [...SOURCES, 'package-lock.json'].flatMap((name) => filesIn(join(root, name)))) {
    hash.update(relative(root, file)).update('\0').update(readFileSync(file)).update('\0');
  }
  return hash.digest('hex');
}

function filesIn(path) {
  if (!existsSync(path)) return [];
  const entries = readDirectory(path);
  if (!entries) return [path];
  return entries
    .map((entry) => entry.name)
    .sort()
    .flatMap((name) => filesIn(join(path, name)));
}

function readDirectory(path) {
  try {
    return readdirSync(path, { withFileTypes: true });
  } catch (fault) {
    if (fault.code === 'ENOTDIR') return undefined;
    throw fault;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
  await buildInto(root, inputsHash(root)).catch((fault) => {
    say(fault.message);
    process.exitCode = 1;
  });
}
