import { join } from 'node:path';
import { Linter } from 'eslint';
import tseslint from 'typescript-eslint';
import { houseImports } from '../../tools/eslint/house-imports.cjs';

const root = join(__dirname, '..', '..');
const linter = new Linter({ cwd: root });
const config: Linter.Config = {
  files: ['**/*.ts'],
  languageOptions: { parser: tseslint.parser },
  plugins: { house: { rules: { imports: houseImports } } },
  rules: { 'house/imports': 'error' },
};

/** What the import rule says of a file of that path with that text; the file need not exist. */
function broken(path: string, text: string): string[] {
  return linter.verify(text, config, { filename: join(root, path) }).map(({ message }) => message);
}

describe('who may import whom', () => {
  it.each([
    ['src/domain/x.ts', "import { readFile } from 'node:fs';", 'domain may not import node:fs'],
    ['src/domain/x.ts', "import { z } from 'zod';", 'domain may not import npm:zod'],
    [
      'src/domain/x.ts',
      "import type { X } from '../engine/ledger';",
      'domain may not import src/engine/ledger',
    ],
    [
      'src/engine/x.ts',
      "import { x } from '../connectors/memory/index';",
      'engine may not import src/connectors',
    ],
    ['src/engine/x.ts', "import mongoose from 'mongoose';", 'engine may not import npm:mongoose'],
    [
      'src/engine/x.ts',
      "import { Context } from '@temporalio/activity';",
      'engine may not import npm:@temporalio',
    ],
    ['src/engine/x.ts', "import { connect } from 'node:net';", 'engine may not import node:net'],
    ['src/connectors/imap/x.ts', "import { x } from '../exchange/faults';", 'connectors/imap may not import'],
    ['src/connectors/imap/x.ts', "import { x } from '../fts/stream';", 'connectors/imap may not import'],
    [
      'src/connectors/exchange/x.ts',
      "import mongoose from 'mongoose';",
      'connectors/exchange may not import',
    ],
    [
      'src/connectors/exchange/x.ts',
      "import { x } from '../../engine/lanes';",
      'connectors/exchange may not',
    ],
    ['src/connectors/connector.ts', "import { x } from './registry';", 'connectors/connector may not import'],
    ['src/models/x.ts', "import { x } from '../engine/ledger';", 'models may not import src/engine/ledger'],
    ['src/models/x.ts', "import { x } from '../secrets/open';", 'models may not import src/secrets/open'],
    ['src/secrets/x.ts', "import { x } from '../models/credentials';", 'secrets may not import src/models'],
    ['src/mail/x.ts', "import { x } from '../models/mail-users';", 'mail may not import src/models'],
    ['src/web/x.ts', "import { x } from '../secrets/open';", 'web may not import src/secrets/open'],
    [
      'src/web/admin/x.ts',
      "import { x } from '../../connectors/registry';",
      'web may not import src/connectors',
    ],
    ['src/web/x.ts', "import { x } from '../mail/mailer';", 'web may not import src/mail/mailer'],
    ['src/web/x.ts', "import type { X } from '../../workflows/gate';", 'web may not import workflows/gate'],
    ['src/web/x.ts', "import { request } from 'undici';", 'web may not import npm:undici'],
    [
      'workflows/x.ts',
      "import { x } from '../activities/copy-folder';",
      'workflows may not import activities',
    ],
    ['workflows/x.ts', "import mongoose from 'mongoose';", 'workflows may not import npm:mongoose'],
    [
      'workflows/x.ts',
      "import { x } from '../src/models/mail-users';",
      'workflows may not import src/models',
    ],
    [
      'workflows/x.ts',
      "import { setTimeout } from 'node:timers/promises';",
      'workflows may not import node:',
    ],
    ['activities/x.ts', "import { x } from '../src/web/app';", 'activities may not import src/web/app'],
    ['activities/x.ts', "import { x } from '../workflows/gate';", 'activities may not import workflows/gate'],
    ['src/config.ts', "import { x } from './web/app';", 'src may not import src/web/app'],
    ['src/server.ts', "import { x } from '../sandbox/ports';", 'the processes may not import sandbox/ports'],
    [
      'src/web/x.ts',
      "import { x } from '../worker';",
      'nothing of the product imports server.ts or worker.ts',
    ],
    [
      'sandbox/exchange/x.ts',
      "import { x } from '../../src/domain/faults';",
      'sandbox/exchange may not import',
    ],
    [
      'sandbox/exchange/x.ts',
      "import { x } from '../ports';",
      'sandbox/exchange may not import sandbox/ports',
    ],
  ])('is broken in %s by %s', (file, text, message) => {
    expect(broken(file, text)).toEqual([expect.stringContaining(message)]);
  });

  it.each([
    ["export * from '../models/x';"],
    ["export { x } from '../models/x';"],
    ["const x = require('../models/x');"],
    ["const x = import('../models/x');"],
    ["import x = require('../models/x');"],
    ["type X = import('../models/x').X;"],
    ["import { type X } from '../models/x';"],
  ])('is asked of every way to import: %s', (text) => {
    expect(broken('src/engine/x.ts', text)).toEqual([expect.stringContaining('engine may not import')]);
  });

  it.each([
    ['src/domain/x.ts', "import { x } from './faults';"],
    [
      'src/engine/x.ts',
      "import type { X } from '../connectors/connector'; import { once } from 'node:events';",
    ],
    ['src/connectors/exchange/x.ts', "import { x } from '../fts/stream'; import { request } from 'undici';"],
    ['src/models/x.ts', "import type { X } from '../engine/ledger'; import mongoose from 'mongoose';"],
    [
      'src/web/admin/x.ts',
      "import { x } from '../../secrets/seal'; import { y } from '../../models/mail-users';",
    ],
    [
      'workflows/x.ts',
      "import type * as all from '../activities/index'; import { x } from '../src/domain/faults';",
    ],
    [
      'activities/x.ts',
      "import { x } from '../src/secrets/open'; import { y } from '../workflows/messages';",
    ],
    ['src/worker.ts', "import { x } from '../activities/index'; import { y } from './connectors/registry';"],
    ['src/connectors/connector.ts', "import type { Readable } from 'node:stream';"],
    ['test/web/x.ts', "import { x } from '../../src/worker'; import { y } from '../../sandbox/ports';"],
  ])('is kept in %s by %s', (file, text) => {
    expect(broken(file, text)).toEqual([]);
  });
});
