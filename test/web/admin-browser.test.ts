import type { Types } from 'mongoose';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { migrationStates, noMailboxCounters } from '../../src/domain/migration';
import { BulkActions } from '../../src/models/bulk-actions';
import { ImportPreviews } from '../../src/models/import-previews';
import { MailUsers } from '../../src/models/mail-users';
import { axeFinds, chromium, launchBrowser } from '../support/browser';
import {
  aConnector,
  administrator,
  aMailUser,
  startAdmin,
  unusable,
  usable,
  type AdminApp,
} from './admin-app';
import { aProjection } from './self-service-app';

// A real browser on a busy machine takes its time.
jest.setTimeout(90_000);

let app: AdminApp;
let browser: Browser;
let paths: string[];
beforeAll(async () => {
  app = await startAdmin();
  if (chromium.there) browser = await launchBrowser();
  paths = await everyPage();
}, 60_000);
afterAll(async () => {
  if (chromium.there) await browser.close();
  await app.end();
});

/** A page of each kind, with something on it. */
async function everyPage(): Promise<string[]> {
  const lastCheck = (report: typeof usable) => ({ at: new Date(), report });
  const source = await aConnector('source', { name: 'Contoso', lastCheck: lastCheck(usable) });
  const target = await aConnector('target', { name: 'Fabrikam' });
  const blocked = await aConnector('source', { name: 'Tailspin', lastCheck: lastCheck(unusable) });
  for (const state of migrationStates) await aMailUser({ source, target }, { state });
  const user = await aMailUser({ source: blocked, target });
  const [id, blockedId, sourceId] = [user._id, blocked._id, source._id].map((each) => each.toHexString());
  const preview = await aPreview(source._id, target._id);
  await someBulks();
  const busy = await aMailUser({ source, target }, aCopy(id ?? ''));
  return [
    '/admin',
    '/admin/sources',
    '/admin/targets',
    '/admin/sources/new',
    '/admin/sources/new?kind=exchange&name=New',
    `/admin/sources/${blockedId}`,
    `/admin/sources/${sourceId}/delete`,
    '/admin/users',
    '/admin/users?q=nobody-at-all',
    '/admin/users/new',
    `/admin/users/${id}`,
    `/admin/users/${id}/edit`,
    `/admin/users/confirm?action=start&ids=${id}`,
    `/admin/users/confirm?action=delete&all=1`,
    `/admin/users/confirm?action=giveCredentials&ids=${id}`,
    '/admin/users/confirm?action=giveCredentials&all=1',
    '/admin/users/links?all=1',
    '/admin/bulk/broken',
    '/admin/bulk/refused',
    `/admin/users/${busy._id.toHexString()}`,
    '/admin/users/import',
    `/admin/users/import/${preview}`,
    '/admin/batches',
    '/admin/batches/Default',
    '/admin/settings',
    '/admin/audit',
    '/admin/nothing-here',
  ];
}

/** One that was broken off, and one that three refusals have ended. */
async function someBulks(): Promise<void> {
  const so = {
    selection: { kind: 'ids' as const, ids: [] },
    by: { kind: 'administrator' as const, email: administrator.email },
    createdAt: new Date(),
    finishedAt: new Date(),
    total: 5000,
  };
  await BulkActions.create({ ...so, _id: 'broken', action: 'start', done: 1200, brokenOffAt: new Date() });
  const refusedInRow = ['anna', 'björn', 'chiara'].map((name) => ({
    mailUserId: name,
    address: `${name}@contoso.example`,
  }));
  const refusals = refusedInRow.map((one) => ({ ...one, reason: 'signInRefused' as const }));
  await BulkActions.create({
    ...so,
    _id: 'refused',
    action: 'giveCredentials',
    done: 7,
    refused: 3,
    refusals,
    refusedInRow,
  });
}

/** In a pass that somebody asked for, with a mail that was refused. */
function aCopy(startId: string) {
  const by = { kind: 'administrator' as const, email: administrator.email };
  const at = (minutes: number) => new Date(Date.now() - minutes * 60_000);
  return {
    asked: { startId, credentialIds: [] },
    projection: aProjection({
      state: 'working',
      since: at(2),
      handledStartId: startId,
      pass: { kind: 'delta', step: 'copying', sweep: 0 },
      passes: [{ kind: 'delta', beganAt: at(2) }],
      invitation: {
        choice: 'source',
        to: ['anna.berger@contoso.example'],
        refused: { at: at(9), answer: '550 5.1.1 <anna.berger@contoso.example>: no such user here' },
      },
      timeline: [
        { state: 'starting', at: at(10), by },
        { state: 'working', at: at(2) },
      ],
    }),
    counters: {
      ...noMailboxCounters,
      epoch: 1,
      opening: 1,
      at: new Date(),
      activeFolders: ['inbox'],
      folders: 4,
      foldersDone: 1,
      found: 1234,
      foundBytes: 34_000_000,
      copied: 1200,
      copiedBytes: 33_000_000,
      remaining: 4000,
      remainingBytes: 90_000_000,
    },
  };
}

async function aPreview(
  sourceConnectorId: Types.ObjectId,
  targetConnectorId: Types.ObjectId,
): Promise<string> {
  const faults = [{ kind: 'addressBad' as const, column: 'SourceEmail' as const, value: 'x' }];
  await ImportPreviews.create({
    _id: 'seen',
    sourceConnectorId,
    targetConnectorId,
    encoding: 'UTF-8',
    createdAt: new Date(),
    rows: 2,
    added: 1,
    changedLines: [3],
    unchanged: 0,
    keptLines: [],
    faulty: [{ line: 4, text: 'x; y', faults }],
    sharedTargets: [{ address: 'x@y.example', lines: [2, 3] }],
    unknownColumns: [],
    sample: [],
  });
  return 'seen';
}

interface Look {
  width: number;
  colorScheme: 'light' | 'dark';
}

/** Signs in and hands over a page; whatever the browser refuses or complains of fails the test. */
async function withPage(
  look: Look,
  use: (page: Page) => Promise<void>,
  javaScriptEnabled = true,
): Promise<void> {
  const context: BrowserContext = await browser.newContext({
    viewport: { width: look.width, height: 900 },
    colorScheme: look.colorScheme,
    baseURL: app.url,
    javaScriptEnabled,
  });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    // The page that is not there answers 404, which the browser notes.
    if (message.type() === 'error' && !message.text().includes('404')) complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  try {
    await signIn(page);
    await use(page);
    expect(complaints).toEqual([]);
  } finally {
    await context.close();
  }
}

async function signIn(page: Page): Promise<void> {
  await page.goto('/admin/sign-in');
  await page.getByLabel('E-mail', { exact: true }).fill(administrator.email);
  await page.getByLabel('Password', { exact: true }).fill(administrator.password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.waitForURL('**/admin');
}

describe('every page of the administrator', () => {
  // What another look of the same page can change.
  const rulesOfLook = ['color-contrast', 'target-size', 'link-in-text-block', 'scrollable-region-focusable'];
  for (const [look, rules] of [
    [{ width: 768, colorScheme: 'light' }, undefined],
    [{ width: 1440, colorScheme: 'dark' }, rulesOfLook],
  ] as const) {
    chromium.it(
      `is accessible, fits and loads nothing forbidden, ${look.colorScheme}, ${look.width} px wide`,
      async () => {
        await withPage(look, async (page) => {
          const found: string[] = [];
          for (const path of paths) {
            await page.goto(path);
            found.push(...(await axeFinds(page, rules)).map((fault) => `${path}: ${fault}`));
            const overflow = await page.evaluate('document.documentElement.scrollWidth - window.innerWidth');
            if (overflow !== 0) found.push(`${path}: is ${String(overflow)} px too wide`);
          }
          expect(found).toEqual([]);
        });
      },
      180_000,
    );
  }
});

describe('a new source', () => {
  chromium.it('is made with the labels of the form, by keyboard alone', async () => {
    await withPage({ width: 1440, colorScheme: 'light' }, async (page) => {
      await page.goto('/admin/sources');
      await page.getByRole('link', { name: 'New' }).focus();
      await page.keyboard.press('Enter');
      await page.getByLabel('Name', { exact: true }).fill('By keyboard');
      await page.keyboard.press('Enter');
      const server = page.getByLabel('Server name', { exact: true });
      expect(await server.inputValue()).toBe('outlook.office365.com');
      const warning = page.getByText('Microsoft accepts no typed password here.');
      expect(await warning.isVisible()).toBe(true);
      await server.fill('mail.contoso.example');
      expect(await warning.isVisible()).toBe(false);
      await page
        .getByLabel('Send the invitation to', { exact: true })
        .selectOption({ label: 'Source mailbox' });
      await page.getByRole('button', { name: 'Create', exact: true }).focus();
      await page.keyboard.press('Enter');
      await page.getByRole('heading', { name: 'By keyboard', exact: true }).waitFor();
      await page.getByRole('button', { name: 'Test connection', exact: true }).waitFor();
    });
  });
});

describe('the list of mail users', () => {
  const selectAndStart = async (page: Page) => {
    const { address } = (await MailUsers.findOne({ projection: { $exists: false } }).orFail()).source;
    await page.goto(`/admin/users?q=${address}`);
    await page.getByRole('checkbox', { name: `Select ${address}` }).check();
    await page
      .getByRole('group', { name: 'Migration', exact: true })
      .getByRole('button', { name: 'Start', exact: true })
      .click();
    await page.getByText('the last test of Tailspin').waitFor();
  };

  chromium.it('asks before it starts, with JavaScript', async () => {
    await withPage({ width: 1440, colorScheme: 'light' }, selectAndStart);
  });

  chromium.it('asks before it starts, without JavaScript', async () => {
    await withPage({ width: 1440, colorScheme: 'light' }, selectAndStart, false);
  });

  chromium.it('keeps what is ticked while its rows refresh in place', async () => {
    await withPage({ width: 1440, colorScheme: 'light' }, async (page) => {
      const user = await MailUsers.findOne({ 'projection.state': 'completed' }).orFail();
      await page.goto(`/admin/users?q=${user.source.address}`);
      const box = page.getByRole('checkbox', { name: `Select ${user.source.address}` });
      await box.check();
      await MailUsers.updateOne({ _id: user._id }, { $set: { 'projection.state': 'failed' } });
      await page.locator('#rows').getByText('Failed', { exact: true }).waitFor();
      expect(await box.isChecked()).toBe(true);
      await page.getByText('1 selected').waitFor();
    });
  });

  chromium.it('filters in place and has the filter in its address', async () => {
    await withPage({ width: 1440, colorScheme: 'light' }, async (page) => {
      await page.goto('/admin/users');
      await page.getByLabel('State', { exact: true }).selectOption({ label: 'Link expired' });
      await page.locator('#list-summary').getByText('1 user', { exact: true }).waitFor();
      expect(page.url()).toContain('state=expired');
      await page.getByLabel('Search', { exact: true }).fill('nobody-at-all');
      await page.getByText('Nobody matches this filter').waitFor();
    });
  });

  chromium.it('opens the user link in a new window and leaves the list as it is', async () => {
    await withPage({ width: 1440, colorScheme: 'light' }, async (page) => {
      await page.goto('/admin/users');
      const [opened] = await Promise.all([
        page.context().waitForEvent('page'),
        page.getByRole('button', { name: 'User link', exact: true }).first().click(),
      ]);
      await opened.waitForURL('**/m/**');
      // The list's own forms are still good, although the user's page has a token of its own.
      await page.getByRole('button', { name: 'Sign out' }).click();
      await page.waitForURL('**/admin/sign-in');
    });
  });

  chromium.it('shows the link where the browser lets nobody copy it', async () => {
    await withPage({ width: 1440, colorScheme: 'light' }, async (page) => {
      await page.goto('/admin/users');
      await page.getByRole('button', { name: 'Copy link' }).first().click();
      expect(await page.getByRole('textbox', { name: 'User link' }).inputValue()).toContain('/m/');
    });
  });
});
