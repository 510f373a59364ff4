const { builtinModules } = require('node:module');
const { dirname, relative, resolve, sep } = require('node:path');

/** Node's modules that do no input or output; the engine may use them. */
const QUIET_NODE =
  /^node:(assert|buffer|crypto|events|stream|stream\/promises|timers|timers\/promises|util)$/;

/**
 * Who may import whom (docs and CONTRIBUTING hold the same table in words). The first area whose `files` matches the
 * importing file counts. `may` are patterns of what it may import: paths from the root without ending, `node:` modules,
 * `npm:` packages; `types` are those it may import as types only (where there are any, the port's types are among them). A file may always import from `own`.
 */
const areas = [
  {
    name: 'domain',
    files: /^src\/domain\//,
    own: /^src\/domain\//,
    says: 'the domain imports nothing',
    may: [],
  },
  {
    name: 'engine',
    files: /^src\/engine\//,
    own: /^src\/engine\//,
    says: 'the engine knows the domain and the port (connectors/connector) alone',
    may: [/^src\/domain\//, /^src\/connectors\/connector$/, QUIET_NODE],
  },
  {
    name: 'fts',
    files: /^src\/connectors\/fts\//,
    own: /^src\/connectors\/fts\//,
    says: 'the full-fidelity stream knows the port and the domain',
    may: [/^src\/domain\//, /^src\/connectors\/connector$/, /^src\/log$/, /^node:/, /^npm:/],
    never: /^npm:(mongoose|express|@temporalio\/)/,
  },
  ...['exchange', 'graph', 'imap', 'memory'].map((kind) => ({
    name: `connectors/${kind}`,
    files: new RegExp(`^src/connectors/${kind}/`),
    own: new RegExp(`^src/connectors/${kind}/`),
    says: 'a connector knows the port, the domain, its SDK and the log; no other connector, no workflow, no database',
    may: [
      /^src\/domain\//,
      /^src\/connectors\/connector$/,
      /^src\/log$/,
      /^node:/,
      /^npm:/,
      ...(kind === 'exchange' || kind === 'graph' ? [/^src\/connectors\/fts\//] : []),
    ],
    never: /^npm:(mongoose|express|@temporalio\/)/,
  })),
  {
    name: 'connectors/connector',
    files: /^src\/connectors\/(connector|kinds)\.ts$/,
    says: 'the port is types and the kinds are data: both know the domain alone',
    may: [/^src\/domain\//],
    types: [QUIET_NODE],
  },
  {
    name: 'connectors/registry',
    files: /^src\/connectors\/registry\.ts$/,
    says: 'the registry knows the connectors',
    may: [/^src\/connectors\//, /^src\/domain\//, /^src\/log$/],
  },
  {
    name: 'models',
    files: /^src\/models\//,
    own: /^src\/models\//,
    says: 'models know the domain, mongoose, and the types of engine/ledger',
    may: [/^src\/domain\//, /^npm:mongoose$/, /^node:/],
    types: [/^src\/engine\/ledger$/],
  },
  {
    name: 'secrets',
    files: /^src\/secrets\//,
    own: /^src\/secrets\//,
    says: 'secrets know the domain, jose and the types of their configuration',
    may: [/^src\/domain\//, /^npm:jose$/, /^npm:zod$/, /^node:/],
    types: [/^src\/config$/],
  },
  {
    name: 'mail',
    files: /^src\/mail\//,
    own: /^src\/mail\//,
    says: 'mail knows the domain, the catalogues, dates, nodemailer and handlebars',
    may: [
      /^src\/domain\//,
      /^src\/(locales|dates)$/,
      /^views\/locales\//,
      /^npm:(nodemailer|handlebars|i18next)/,
      /^node:/,
    ],
  },
  {
    name: 'web',
    files: /^src\/web\//,
    own: /^src\/web\//,
    says:
      'the web knows models, secrets/seal, secrets/link-token, mail/outcome-words, the catalogues, dates, temporal, tell-credentials, ' +
      'workflows/names, workflows/messages, connectors/kinds, the domain and the log: it opens no secret and no mailbox',
    may: [
      /^src\/models\//,
      /^src\/secrets\/(seal|link-token)$/,
      /^src\/mail\/outcome-words$/,
      /^src\/(locales|dates)$/,
      /^views\/locales\//,
      /^src\/(temporal|tell-credentials)$/,
      /^workflows\/(names|messages)$/,
      /^src\/connectors\/kinds$/,
      /^src\/domain\//,
      /^src\/log$/,
      /^node:/,
      /^npm:/,
    ],
    never: /^npm:(undici|ews-javascript-api|nodemailer|@temporalio\/(worker|workflow|activity))/,
    types: [/^src\/config$/],
  },
  {
    name: 'tell-credentials',
    files: /^src\/tell-credentials\.ts$/,
    says:
      'what web and activities tell a workflow in the same way knows models, workflows/names, workflows/messages, the domain and ' +
      'the client of Temporal',
    may: [
      /^src\/(models|domain)\//,
      /^workflows\/(names|messages)$/,
      /^npm:@temporalio\/client$/,
      /^node:crypto$/,
    ],
  },
  {
    name: 'workflows',
    files: /^workflows\//,
    own: /^workflows\//,
    says: 'workflows know the domain, @temporalio/workflow and the types of activities: they are replayed',
    may: [/^src\/domain\//, /^npm:@temporalio\/(workflow|common)$/],
    types: [/^activities\//],
  },
  {
    name: 'activities',
    files: /^activities\//,
    own: /^activities\//,
    says:
      'activities know the engine, connectors, models, mail, secrets, the domain, the log, temporal, tell-credentials, ' +
      'workflows/names and workflows/messages',
    may: [
      /^src\/(engine|connectors|models|mail|secrets|domain)\//,
      /^src\/(log|temporal|tell-credentials)$/,
      /^workflows\/(names|messages)$/,
      /^npm:@temporalio\/(activity|client|common)$/,
      /^npm:(mongoose|zod)$/,
      /^node:/,
    ],
    types: [/^src\/config$/],
  },
  {
    name: 'the processes',
    files: /^src\/(server|worker)\.ts$/,
    says: 'the processes wire the product; sandbox, bench and test are not part of it',
    may: [/^src\//, /^workflows\//, /^activities\//, /^node:/, /^npm:/],
  },
  {
    name: 'src',
    files: /^src\/[^/]+\.ts$/,
    says: 'a file at the root of src knows the domain, its neighbours, packages and the catalogues',
    may: [/^src\/[^/]+$/, /^src\/domain\//, /^views\/locales\//, /^workflows\/names$/, /^node:/, /^npm:/],
  },
  {
    name: 'sandbox/exchange',
    files: /^sandbox\/exchange\//,
    own: /^sandbox\/exchange\//,
    says: 'the simulator shares no code with the product, so that a mistake cannot hide in both',
    may: [/^node:/, /^npm:/],
    never: /^npm:ews-javascript-api/,
  },
];

/** The port is types only, and its types are what data and secrets are about; only the domain stays without them. */
const PORT_TYPES = /^src\/connectors\/connector$/;

/** Nothing of the product imports the two processes. */
const PROCESSES = /^src\/(server|worker)$/;
/** What stands around the product and may import anything. */
const AROUND = /^(sandbox|bench|test)\//;

/** Reports each import that the table {@link areas} does not allow; the message names the rule that was broken. */
const houseImports = {
  meta: {
    type: 'problem',
    schema: [],
    messages: { broken: '{{area}} may not import {{target}}: {{says}}.' },
  },
  create(context) {
    const file = fromRoot(context.cwd, context.filename);
    const area = areas.find(({ files }) => files.test(file));

    function check(node, source, typeOnly) {
      if (typeof source?.value !== 'string') return;
      const target = targetOf(context, source.value);
      const report = (data) => context.report({ node, messageId: 'broken', data: { target, ...data } });
      if (PROCESSES.test(target) && !typeOnly && !AROUND.test(file)) {
        report({ area: area?.name ?? file, says: 'nothing of the product imports server.ts or worker.ts' });
      } else if (area && !allowed(area, target, typeOnly)) {
        report({ area: area.name, says: area.says });
      }
    }

    return {
      ImportDeclaration: (node) => check(node, node.source, isTypeOnly(node)),
      ExportNamedDeclaration: (node) => check(node, node.source, node.exportKind === 'type'),
      ExportAllDeclaration: (node) => check(node, node.source, node.exportKind === 'type'),
      ImportExpression: (node) => check(node, node.source, false),
      TSImportType: (node) => check(node, node.source ?? node.argument?.literal, true),
      'CallExpression[callee.name="require"]': (node) => check(node, node.arguments[0], false),
      TSExternalModuleReference: (node) => check(node, node.expression, false),
    };
  },
};

function allowed(area, target, typeOnly) {
  if (area.own?.test(target)) return true;
  if (area.never?.test(target)) return false;
  if (typeOnly && area.types && PORT_TYPES.test(target)) return true;
  const patterns = typeOnly ? [...area.may, ...(area.types ?? [])] : area.may;
  return patterns.some((pattern) => pattern.test(target));
}

function isTypeOnly(node) {
  if (node.importKind === 'type') return true;
  return node.specifiers.length > 0 && node.specifiers.every((specifier) => specifier.importKind === 'type');
}

/** `src/domain/faults` for a file of the project, `node:fs`, or `npm:mongoose`. */
function targetOf(context, source) {
  if (source.startsWith('.')) {
    const path = fromRoot(context.cwd, resolve(dirname(context.filename), source));
    return path.replace(/\.[cm]?[jt]s$/, '');
  }
  if (source.startsWith('node:')) return source;
  if (builtinModules.includes(source)) return `node:${source}`;
  return `npm:${source}`;
}

const fromRoot = (root, path) => relative(root, path).split(sep).join('/');

module.exports = { houseImports };
