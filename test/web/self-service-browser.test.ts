import type { Browser, BrowserContext, Page } from 'playwright-core';
import { Credentials } from '../../src/models/credentials';
import { languages } from '../../src/locales';
import { MailUsers, type MailUser } from '../../src/models/mail-users';
import { noteRefusal } from '../../src/models/sign-in-refusals';
import { axeFinds, chromium, launchBrowser } from '../support/browser';
import { aProjection, startSelfService, type MailUserChange, type SelfServiceApp } from './self-service-app';

const hourMs = 3_600_000;

const counters = {
  epoch: 1,
  opening: 1,
  at: new Date(),
  activeFolders: ['inbox'],
  folders: 42,
  foldersDone: 17,
  found: 5123,
  foundBytes: 1.6e9,
  copied: 5123,
  copiedBytes: 1.6e9,
  alreadyThere: 0,
  filtered: 0,
  skipped: 0,
  failed: 0,
  remaining: 7222,
  remainingBytes: 1.8e9,
};
const bare401 = { code: 'HTTP 401', remedy: 'checkNameAndPassword', message: 'refused' } as const;
const refusal = (side: 'source' | 'target') => ({
  side,
  at: new Date(),
  text: bare401,
  outcome: 'refused' as const,
});
const away = { ...refusal('source'), outcome: 'unreachable' as const };

/** A row for every view there is. */
const views: Record<string, MailUserChange> = {
  'Move your mailbox': {},
  'Move your mailbox / refused': { projection: { refusals: [refusal('source')] } },
  'Please sign in again': { projection: { state: 'signInNeeded', wanted: ['target'] } },
  'Please wait a little': { projection: { refusals: [refusal('target')] } },
  'The move is being prepared': {
    asked: { startId: 's', startedAt: new Date(Date.now() + hourMs), credentialIds: [] },
  },
  'Kept, and waiting': { asked: { credentialIds: ['c'], credentialAt: new Date(Date.now() - hourMs) } },
  'Checking sign-in': { projection: { state: 'verifying', signedIn: ['source'] } },
  'The mail server does not answer': { projection: { state: 'verifying', refusal: away } },
  'Your mailbox waits for its turn': { projection: { state: 'scheduled' } },
  'Your mailbox is moving': { projection: { state: 'working' }, counters },
  'Your mailbox is moving / opening': { projection: { state: 'working' } },
  'The mail server asked for a break': {
    projection: { state: 'throttled', throttledUntil: new Date(Date.now() + hourMs) },
  },
  'A part has been moved': { projection: { state: 'upToDate' } },
  'Up to date': {
    projection: { state: 'upToDate', passes: [{ kind: 'full', beganAt: new Date(), endedAt: new Date() }] },
  },
  Paused: { projection: { state: 'paused' } },
  'Your mailbox has moved': { counters, projection: { state: 'completed' } },
  'Your mailbox has moved / with issues': {
    counters: { ...counters, copied: 5121, failed: 2 },
    connectors: { target: { webMailUrl: 'https://mail.fabrikam.example/', shownName: 'Fabrikam Mail' } },
    projection: {
      state: 'completedWithIssues',
      endedAt: new Date(),
      credentialsDestroyAt: new Date(Date.now() + hourMs),
      summary: {
        inTarget: { mail: 12_000, calendar: 343 },
        notCopied: [
          {
            kind: 'mail',
            code: 'ErrorMessageSizeExceeded',
            remedy: 'raiseRequestLimit',
            message: '',
            count: 2,
          },
        ],
      },
    },
  },
  'Waiting for your administrator': {
    projection: { state: 'failed', fault: { side: 'target', text: { ...bare401, remedy: 'freeSpace' } } },
  },
  'The move was stopped': { projection: { state: 'stopped' } },
  'This link has expired': { projection: { state: 'expired' } },
  'This link has expired / in mid-run': { counters, projection: { state: 'expired' } },
  'Please sign in again / destroyed': {
    projection: {
      state: 'signInNeeded',
      wanted: ['target'],
      fault: { text: { ...bare401, code: 'CredentialGone' } },
    },
  },
};

/** The lines of a page that are words, and neither names, addresses nor numbers. */
async function sentencesOf(page: Page): Promise<string[]> {
  const lines = (await page.locator('body').innerText()).split('\n').map((line) => line.trim());
  return lines.filter((line) => line.split(' ').length > 3 && !line.includes('@'));
}

describe('the user’s pages in a browser', () => {
  let app: SelfServiceApp;
  let browser: Browser;
  const rows = new Map<string, MailUser>();

  beforeAll(async () => {
    if (!chromium.there) return;
    [app, browser] = await Promise.all([startSelfService(), launchBrowser()]);
    for (const [title, change] of Object.entries(views)) rows.set(title, await app.addMailUser(change));
    const { connectorId, addressKey } = rows.get('Please wait a little')!.target;
    for (let tries = 0; tries < 3; tries++)
      await noteRefusal({ connectorId: connectorId.toHexString(), addressKey }, new Date());
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await app?.end();
  });

  const contexts: BrowserContext[] = [];
  afterEach(() => Promise.all(contexts.splice(0).map((context) => context.close())));
  const open = async (options: Parameters<Browser['newContext']>[0] = {}): Promise<Page> => {
    const context = await browser.newContext({ locale: 'en-GB', ...options });
    contexts.push(context);
    return context.newPage();
  };
  const goTo = (page: Page, row: MailUser) => page.goto(app.url + app.path(row));
  const change = (row: MailUser, set: object) => MailUsers.updateOne({ _id: row._id }, { $set: set });

  const contrast = ['color-contrast', 'target-size', 'link-in-text-block'];
  chromium.it.each([
    [360, 'light', undefined],
    [768, 'dark', contrast],
    [1440, 'light', []],
  ] as const)(
    'every view fits %i pixels in %s, and axe finds nothing',
    async (width, colorScheme, rules) => {
      const page = await open({ viewport: { width, height: 800 }, colorScheme });
      const troubles: string[] = [];
      page.on('pageerror', ({ message }) => troubles.push(message));
      page.on('console', (line) => line.type() === 'error' && troubles.push(line.text()));
      for (const [title, row] of rows) {
        await goTo(page, row);
        const [heading = ''] = title.split(' / ');
        expect(await page.locator('h1').textContent()).toBe(heading);
        expect(await page.title()).toBe(`${heading} · Contoso IT`);
        expect(await page.evaluate<boolean>('document.documentElement.scrollWidth > innerWidth')).toBe(false);
        if (rules?.length === 0) continue;
        troubles.push(...(await axeFinds(page, rules)).map((found) => `${title}: ${found}`));
      }
      expect(troubles).toEqual([]);
    },
    120_000,
  );

  chromium.it.each(languages.filter((language) => language !== 'en'))(
    'every view fits 360 pixels in the words of %s, none of them English',
    async (locale) => {
      const page = await open({ viewport: { width: 360, height: 800 }, locale });
      const english = await open({ locale: 'en-GB' });
      for (const row of rows.values()) {
        await Promise.all([goTo(page, row), goTo(english, row)]);
        expect(await page.evaluate<boolean>('document.documentElement.scrollWidth > innerWidth')).toBe(false);
        const [said, inEnglish] = [await sentencesOf(page), await sentencesOf(english)];
        expect(said.filter((sentence) => inEnglish.includes(sentence))).toEqual([]);
      }
    },
    120_000,
  );

  chromium.it('is used by keyboard alone: a password shown and hidden, one for both, Start', async () => {
    const row = await app.addMailUser();
    const page = await open();
    await goTo(page, row);
    const [mine, other] = [
      page.getByLabel('Password of your old mailbox', { exact: true }),
      page.getByLabel('Password of your new mailbox', { exact: true }),
    ];
    await mine.focus();
    await page.keyboard.type('correct horse');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    expect(await mine.getAttribute('type')).toBe('text');
    const show = page.getByRole('button', { name: 'Show the password of your old mailbox' });
    expect(await show.getAttribute('aria-pressed')).toBe('true');
    await show.press('Enter');
    expect(await mine.getAttribute('type')).toBe('password');
    expect(await other.isVisible()).toBe(true);
    await page.getByLabel('Use the same password for both').focus();
    await page.keyboard.press('Space');
    expect(await other.isVisible()).toBe(false);
    await page.getByRole('button', { name: 'Start' }).press('Enter');

    await page.getByRole('heading', { name: 'Checking sign-in' }).waitFor();
    expect(await Credentials.countDocuments({ 'owner.id': row._id.toHexString() })).toBe(2);
    expect(await page.content()).not.toContain('correct horse');
  });

  chromium.it('follows the move by itself from sign-in to the end', async () => {
    const row = await app.addMailUser();
    const page = await open();
    await goTo(page, row);
    await page.getByLabel('Password of your old mailbox', { exact: true }).fill('a');
    await page.getByLabel('Password of your new mailbox', { exact: true }).fill('b');
    await page.getByRole('button', { name: 'Start' }).click();
    const heading = (name: string) => page.getByRole('heading', { name, exact: true }).waitFor();
    await heading('Checking sign-in');

    const { asked } = (await MailUsers.findById(row._id).lean<MailUser>())!;
    const handled = { handledStartId: asked.startId!, handledCredentialIds: asked.credentialIds };
    const now = (projection: MailUserChange['projection']) =>
      change(row, { projection: aProjection({ ...handled, ...projection }) });
    await now({
      state: 'awaitingSignIn',
      signedIn: ['target'],
      wanted: ['source'],
      refusals: [refusal('source')],
    });
    await heading('Move your mailbox');
    await page.getByText('It does not say why: mistyped, expired, to be changed first, or locked.').waitFor();
    await page.getByText('Your new mailbox has let you in').waitFor();

    await now({ state: 'scheduled' });
    await page.reload();
    await heading('Your mailbox waits for its turn');
    await page.getByText('Scheduled', { exact: true }).waitFor();
    await now({ state: 'working', pass: { kind: 'full', step: 'copying', sweep: 0 } });
    await heading('Your mailbox is moving');
    await change(row, { counters });
    await page.getByText('47 percent done').first().waitFor();
    await page.getByText('5,123 of 12,345').waitFor();
    await page.getByText('copying the inbox').waitFor();
    await change(row, { counters: { ...counters, activeFolders: ['folder 16'] } });
    await page.getByText('copying folder 16', { exact: true }).waitFor();
    await change(row, { counters: { ...counters, foundBytes: 2e9, remainingBytes: 1.4e9 } });
    await page.locator('#announcer', { hasText: '58 percent done' }).waitFor({ state: 'attached' });
    await now({ state: 'completed' });
    await heading('Your mailbox has moved');
  });

  chromium.it('works without scripts', async () => {
    const row = await app.addMailUser();
    const page = await open({ javaScriptEnabled: false });
    await goTo(page, row);
    await page.getByLabel('Password of your old mailbox', { exact: true }).fill('a');
    await page.getByRole('button', { name: 'Start' }).click();
    await page.getByRole('link', { name: 'Type the password of your new mailbox.' }).waitFor();
    await page.getByText('My sign-in name is different').first().click();
    await page.getByLabel('User name').first().fill('CONTOSO\\anna');
    await page.getByLabel('Password of your old mailbox', { exact: true }).fill('a');
    await page.getByLabel('Use the same password for both').check();
    expect(await page.getByLabel('Password of your new mailbox', { exact: true }).isVisible()).toBe(false);
    await page.getByRole('button', { name: 'Start' }).click();
    await page.getByRole('heading', { name: 'Checking sign-in' }).waitFor();
    const { asked } = (await MailUsers.findById(row._id).lean<MailUser>())!;
    const handled = { handledStartId: asked.startId!, handledCredentialIds: asked.credentialIds };
    await change(row, { projection: aProjection({ ...handled, state: 'scheduled' }) });
    await page.getByRole('link', { name: 'Look again' }).click();
    await page.getByRole('heading', { name: 'Your mailbox waits for its turn' }).waitFor();
  });

  chromium.it('puts the fault summary first in line for the keyboard and leads to the field', async () => {
    const page = await open();
    await goTo(page, await app.addMailUser());
    await page.getByRole('button', { name: 'Start' }).click();
    await page.getByRole('alert').waitFor();
    await page.getByRole('link', { name: 'Type the password of your new mailbox.' }).press('Enter');
    expect(await page.evaluate('document.activeElement.id')).toBe('field-targetPassword');
    expect(
      await page.getByLabel('Password of your new mailbox', { exact: true }).getAttribute('aria-invalid'),
    ).toBe('true');
  });
});
