import { Person } from '../support/person';
import { pagesOf, within, type FaultySystem } from './system';
import type { Told } from './claims';
import type { Mover } from './sides';

/** Whatever befell them, pages are back within seconds; a machine would have to be many times slower than ours for this. */
const patienceMs = 120_000;

/** The pages did not do what they were asked to for {@link patienceMs}. */
export class PagesAway extends Error {
  override readonly name = 'PagesAway';

  constructor(what: string) {
    super(`for ${patienceMs / 1000} s the pages did not ${what}`);
  }
}

/** What a button on the row's page says. */
export type AdministratorAction =
  'start' | 'retry' | 'stop' | 'pause' | 'resume' | 'delta' | 'cutOver' | 'resend';

/** The administrator and the user of a run, who know the product by its pages alone and try again while a page is away. */
export class People {
  private admin: Person;
  private page?: string;

  constructor(
    private readonly system: FaultySystem,
    private readonly mover: Mover,
    /** The row's id. */
    readonly rowId: string,
  ) {
    this.admin = new Person(pagesOf(system));
  }

  /** The user opens his link and, where he is asked for a password, types it. @returns whether he was asked */
  async signInIfAsked(): Promise<boolean> {
    this.page ??= await this.openLink();
    const user = new Person(pagesOf(this.system));
    const { text } = await user.get(this.page);
    if (!/name="(source|target)Password"/.test(text)) return false;
    const { source, target } = this.mover;
    const { status } = await user.submit(this.page, /\/m\//, {
      sourcePassword: source.password,
      targetPassword: target.password,
    });
    if (status >= 400) throw new Error(`the user's form was answered with ${status}`);
    return true;
  }

  /** The administrator presses a button on the row's page, again and again until the page takes it. @throws PagesAway */
  async press(action: AdministratorAction): Promise<void> {
    await this.act({ action, ids: this.rowId, from: 'user' });
  }

  /**
   * The administrator presses a button for all that the unfiltered list shows, as {@link press}. @throws PagesAway
   * @returns whether there was anything to do: then it is under way
   */
  async pressForAll(action: AdministratorAction): Promise<boolean> {
    return (await this.act({ action, all: '1' })).includes('/admin/bulk/');
  }

  /** The administrator says how a batch is moved. */
  async editBatch(name: string, form: Record<string, string>): Promise<void> {
    const path = `/admin/batches/${encodeURIComponent(name)}`;
    const done = await within(patienceMs, async () => {
      await this.signInAdministrator();
      const { status, url } = await this.admin.post(path, path, form);
      // Kept already by a press whose answer was lost.
      return status === 409 || (status < 400 && url.endsWith(path));
    });
    if (!done) throw new PagesAway(`keep ${JSON.stringify(form)}`);
  }

  /** The report of the row, as JSON. */
  async report(): Promise<Told> {
    let told: Told | undefined;
    await within(patienceMs, async () => {
      await this.signInAdministrator();
      const { status, text } = await this.admin.get(`/admin/users/${this.rowId}/report.json`);
      if (status === 200) told = JSON.parse(text) as Told;
      return told !== undefined;
    });
    if (told === undefined) throw new PagesAway('give a report');
    return told;
  }

  /** The secret part of the user's link; absent where it was never opened. */
  get linkToken(): string | undefined {
    return this.page?.split('/').at(-1);
  }

  /** @returns the address that the page led to */
  private async act(fields: { action: AdministratorAction } & Record<string, string>): Promise<string> {
    let ledTo: string | undefined;
    await within(patienceMs, async () => {
      await this.signInAdministrator();
      const { status, url } = await this.admin.post(
        `/admin/users/${this.rowId}`,
        '/admin/users/actions',
        fields,
      );
      if (status < 400) ledTo = url;
      return ledTo !== undefined;
    });
    if (ledTo === undefined) throw new PagesAway(`take a press of ${fields.action}`);
    return ledTo;
  }

  private async openLink(): Promise<string> {
    await this.signInAdministrator();
    const page = `/admin/users/${this.rowId}`;
    const opened = await this.admin.post(page, `${page}/link`, {});
    const { pathname } = new URL(opened.url);
    if (!pathname.startsWith('/m/')) throw new Error(`the link led to ${pathname} (${opened.status})`);
    return pathname;
  }

  private async signInAdministrator(): Promise<void> {
    const { status, url } = await this.admin.get(`/admin/users/${this.rowId}`);
    if (status === 200 && !url.includes('sign-in')) return;
    if (status >= 500) throw new Error(`the pages answer ${status}`);
    this.admin = new Person(pagesOf(this.system));
    await this.admin.submit('/admin/sign-in', /sign-in/, this.system.layout.admin);
  }
}
