import type { Browser, BrowserContext, Page } from 'playwright-core';
import { chromium, launchBrowser } from '../support/browser';
import { compareCounts, countMailbox } from '../support/exchange-count';
import type { SandboxRun } from '../support/sandbox-run';

interface ReceivedMail {
  subject: string;
  text: string;
  html: string;
  to: { address: string }[];
  headers: Record<string, string>;
}

/** Twenty rows, three of them with a fault. */
const csv = [
  'FirstName;LastName;SourceEmail;TargetEmail;SourceRecipientType;TargetRecipientType;BatchName',
  ...Array.from({ length: 20 }, (_, n) => {
    const address = (domain: string) => `user${n + 1}@${domain}.example`;
    const row = [
      `User${n + 1}`,
      'Müller',
      address('contoso'),
      address('fabrikam'),
      'Standard',
      'Standard',
      'Pilot',
    ];
    if (n === 4) row[2] = 'user5.contoso.example';
    if (n === 9) row[3] = '';
    if (n === 14) row[4] = 'Mailbox';
    return row.join(';');
  }),
].join('\r\n');

/** The life of one migration, from empty pages to the full mailbox. */
export function describeMainFlow(sandbox: () => SandboxRun): void {
  let run: SandboxRun;
  let browser: Browser;
  let admin: Page;
  let user: { address: string; target: string; password: string; targetPassword: string };
  let userPage = '';
  let link = '';
  const contexts: BrowserContext[] = [];

  const newPage = async (): Promise<Page> => {
    const context = await browser.newContext({ locale: 'en-GB', viewport: { width: 1280, height: 900 } });
    contexts.push(context);
    const page = await context.newPage();
    page.setDefaultTimeout(30_000);
    return page;
  };

  beforeAll(async () => {
    if (!chromium.there) return;
    browser = await launchBrowser();
    run = sandbox();
    const [added] = await run.addMailboxes('--count', '1', '--items', '300', '--seed', '4');
    const source = run.mailbox('Contoso', added!.source);
    const target = run.mailbox('Fabrikam', added!.target);
    user = {
      address: source.address,
      password: source.password,
      target: target.address,
      targetPassword: target.password,
    };
    admin = await newPage();
  }, 360_000);
  afterAll(async () => {
    await browser?.close();
  }, 60_000);

  const visit = (path: string) => admin.goto(new URL(path, run.facts().admin.url).href);
  const press = (name: string) => admin.getByRole('button', { name, exact: true }).click();
  const mails = async (to: string): Promise<ReceivedMail[]> => {
    const answer = await fetch(`${run.facts().inbox.url}/api/email`);
    const all = (await answer.json()) as ReceivedMail[];
    return all.filter((mail) => mail.to.some(({ address }) => address === to));
  };
  const mailTo = async (to: string, words: string): Promise<ReceivedMail> => {
    let found: ReceivedMail | undefined;
    await run.until(`a mail with “${words}” to ${to}`, 60_000, async () => {
      found = (await mails(to)).find(({ subject }) => subject.includes(words));
      return found !== undefined;
    });
    return found!;
  };
  const states = async () => {
    await admin.goto(userPage);
    return admin.locator('#timeline .mp-badge').allInnerTexts();
  };

  const connector = async (side: 'source' | 'target', name: string, ewsUrl: string, invitation: string) => {
    await visit(`/admin/${side}s`);
    await admin.getByRole('link', { name: 'New', exact: true }).first().click();
    await admin.getByLabel('Name').fill(name);
    await press('Continue');
    await admin.getByLabel('Server name').fill(ewsUrl);
    await admin.getByLabel('Send the invitation to').selectOption({ label: invitation });
    await press('Create');
    // Saved, it tests itself: green throughout, as far as it can know without a password.
    await admin.locator('#check').getByText('Usable').waitFor();
  };

  chromium.it(
    'makes both connectors, whose tests turn green by themselves',
    async () => {
      const { admin: door, exchange } = run.facts();
      await visit('/admin');
      await admin.getByLabel('E-mail').fill(door.email);
      await admin.getByLabel('Password').fill(door.password);
      await press('Sign in');
      const url = (name: string) => exchange.find((one) => one.name === name)!.ewsUrl;
      await connector('source', 'Old mail', url('Contoso'), 'Source mailbox');
      await connector('target', 'New mail', url('Fabrikam'), 'None');
    },
    120_000,
  );

  chromium.it(
    'lists one user by hand',
    async () => {
      await visit('/admin/users/new');
      await admin.getByLabel('First name').fill('Zoë');
      await admin.getByLabel('Last name').fill('O’Neill');
      await admin.getByLabel('Source connector').selectOption({ label: 'Old mail' });
      await admin.getByLabel('Target connector').selectOption({ label: 'New mail' });
      await admin.getByLabel('Source address').fill(user.address);
      await admin.getByLabel('Target address').fill(user.target);
      await press('Create');
      await admin.getByText(`${user.address} was listed.`).waitFor();
      await visit(`/admin/users?q=${encodeURIComponent(user.address)}`);
      const row = admin.getByRole('row', { name: /Zoë O’Neill/ });
      expect(await row.innerText()).toContain('Not started');
      userPage = await row
        .getByRole('link', { name: 'Zoë O’Neill' })
        .evaluate((found) => (found as { href: string } & object).href);
    },
    60_000,
  );

  chromium.it(
    'lists twenty from a CSV, shows the faults of three with their lines, and imports the rest',
    async () => {
      await visit('/admin/users/import');
      await admin.getByLabel('Source connector').selectOption({ label: 'Old mail' });
      await admin.getByLabel('Target connector').selectOption({ label: 'New mail' });
      await admin
        .getByLabel('CSV file')
        .setInputFiles({ name: 'users.csv', mimeType: 'text/csv', buffer: Buffer.from(csv) });
      await press('Check the list');
      await admin.getByText('17 users are listed anew.').waitFor();
      await admin.getByText('3 rows have faults and are left out.').waitFor();
      const faults = admin.getByRole('region', { name: 'Rows that are left out' }).getByRole('row');
      const lines = (await faults.getByRole('rowheader').allInnerTexts()).map(Number);
      expect(lines).toEqual([6, 11, 16]);
      await press('Import 17 users');
      await admin.getByText('17 users were listed.').waitFor();
      await visit('/admin/users?batch=Pilot');
      await admin
        .getByText(/\b17\b/)
        .first()
        .waitFor();
      await admin.getByText('Müller').first().waitFor();
    },
    60_000,
  );

  chromium.it(
    'sends the invitation on Start, with a link that works and a code that the page shows too',
    async () => {
      await visit(`/admin/users?q=${encodeURIComponent(user.address)}`);
      await admin
        .getByRole('row', { name: /Zoë O’Neill/ })
        .getByRole('checkbox')
        .check();
      await press('Start');
      await press('Start 1 user');
      await run.until('Email Sent', 60_000, async () => (await states()).includes('Email Sent'));

      const mail = await mailTo(user.address, 'move your mailbox');
      expect(mail.headers).toMatchObject({ 'auto-submitted': 'auto-generated' });
      link = /https?:\/\/\S+\/m\/\S+/.exec(mail.text)?.[0] ?? '';
      for (const body of [mail.text, mail.html]) {
        for (const words of [user.address, user.target, 'Zoë O’Neill', link]) expect(body).toContain(words);
      }
      const code = /Your code: (\S+)/.exec(mail.text)?.[1] ?? 'no code';
      const page = await newPage();
      await page.goto(link);
      await page.getByRole('heading', { name: 'Move your mailbox' }).waitFor();
      expect(await page.getByText('Code of this page').innerText()).toContain(code);
      expect(await mails(user.target)).toEqual([]);
    },
    120_000,
  );

  chromium.it(
    'says what a refused password means, and takes the right one on the same page',
    async () => {
      const page = await newPage();
      await page.goto(link);
      const password = (whose: 'old' | 'new') =>
        page.getByLabel(`Password of your ${whose} mailbox`, { exact: true });
      await password('old').fill('not the password');
      await password('new').fill(user.targetPassword);
      await page.getByRole('button', { name: 'Start' }).click();
      await page
        .getByText('It does not say why: mistyped, expired, to be changed first, or locked.')
        .waitFor();
      await page.getByText('Your new mailbox has let you in').waitFor();
      expect(await password('new').count()).toBe(0);

      await password('old').fill(user.password);
      await page.getByRole('button', { name: 'Start' }).click();
      await page
        .getByRole('heading', { name: 'Checking sign-in' })
        .or(page.getByText('You may close this page'))
        .first()
        .waitFor();
      // Whoever closes the browser now stops nothing.
      await page.context().close();
    },
    120_000,
  );

  chromium.it(
    'moves the mailbox with nobody watching, and lists each state with its time in order',
    async () => {
      await run.until('the end', 180_000, async () =>
        (await states()).some((state) => /^(Completed|Failed|Stopped)/.test(state)),
      );
      const seen = await states();
      const order = ['Email Sent', 'Checking sign-in', 'Scheduled', 'Working', 'Completed'];
      expect(order.map((state) => seen.lastIndexOf(state))).not.toContain(-1);
      const places = order.map((state) => seen.lastIndexOf(state));
      expect(places).toEqual([...places].sort((a, b) => a - b));
      const times = await admin
        .locator('#timeline time')
        .evaluateAll((found) => found.map((time) => (time as { dateTime: string } & object).dateTime));
      expect(times.length).toBeGreaterThanOrEqual(seen.length);
      expect([...times].sort()).toEqual(times);

      const page = await newPage();
      await page.goto(link);
      await page.getByRole('heading', { name: 'Your mailbox has moved' }).waitFor();
      await page.getByText('The passwords you typed have been destroyed.').waitFor();
      for (const to of [user.address, user.target])
        expect((await mailTo(to, 'has moved')).text).toContain('What was moved');
    },
    240_000,
  );

  chromium.it(
    'has every folder and item in the target, once, as another client counts them',
    async () => {
      const [source, target] = await Promise.all([
        countMailbox(run.mailbox('Contoso', user.address)),
        countMailbox(run.mailbox('Fabrikam', user.target)),
      ]);
      expect(source.items).toBeGreaterThanOrEqual(300);
      expect(await compareCounts(source, target)).toMatchObject({
        lost: 0,
        doubled: 0,
        extra: 0,
        missingFolders: [],
      });
    },
    120_000,
  );
}
