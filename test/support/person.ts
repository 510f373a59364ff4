/** The least that the forms of a page are filled in and sent with: cookies, and the fields that are there already. */
export class Person {
  private readonly cookies = new Map<string, string>();

  constructor(private readonly base: string) {}

  async get(path: string): Promise<{ status: number; url: string; text: string }> {
    return this.send(path, { method: 'GET' });
  }

  /** Opens `page`, finds its form that posts to `action`, fills `fields` in, and sends it. */
  async submit(page: string, action: RegExp, fields: Record<string, string>) {
    const { text, status } = await this.get(page);
    const form = formsOf(text).find(({ action: to }) => action.test(to));
    if (!form) throw new Error(`${page} (${status}) has no form that posts to ${action}`);
    const body = new URLSearchParams({ ...form.hidden, ...fields });
    return this.send(form.action || page, { method: 'POST', body });
  }

  /** As {@link submit}, to an action that is not a form of its own on the page. */
  async post(page: string, action: string, fields: Record<string, string>) {
    const { text } = await this.get(page);
    const token = /name="_csrf" value="([^"]+)"/.exec(text)?.[1];
    if (token === undefined) throw new Error(`${page} has no form`);
    return this.send(action, { method: 'POST', body: new URLSearchParams({ _csrf: token, ...fields }) });
  }

  /** The cookies as a browser sends them. */
  get cookie(): string {
    return [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  }

  private async send(
    path: string,
    init: RequestInit,
  ): Promise<{ status: number; url: string; text: string }> {
    const url = new URL(path, this.base);
    const answer = await fetch(url, {
      ...init,
      redirect: 'manual',
      headers: { cookie: this.cookie, accept: 'text/html' },
    });
    for (const line of answer.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      this.cookies.set(name, value);
    }
    const location = answer.headers.get('location');
    if (location !== null && answer.status >= 300 && answer.status < 400) {
      await answer.arrayBuffer();
      return this.send(new URL(location, url).href, { method: 'GET' });
    }
    return { status: answer.status, url: url.href, text: await answer.text() };
  }
}

function formsOf(html: string): { action: string; hidden: Record<string, string> }[] {
  return [...html.matchAll(/<form\b([^>]*)>([\s\S]*?)<\/form>/g)].map(([, head = '', body = '']) => ({
    action: unescape(/\baction="([^"]*)"/.exec(head)?.[1] ?? ''),
    hidden: Object.fromEntries(
      [...body.matchAll(/<input\b[^>]*type="hidden"[^>]*>/g)].map(([input]) => [
        unescape(/\bname="([^"]*)"/.exec(input)?.[1] ?? ''),
        unescape(/\bvalue="([^"]*)"/.exec(input)?.[1] ?? ''),
      ]),
    ),
  }));
}

function unescape(text: string): string {
  return text
    .replace(/&quot;/g, '"')
    .replace(/&#x27;|&#39;/g, "'")
    .replace(/&#x3D;/gi, '=')
    .replace(/&lt;/g, '<')
    .replace(/&gt;/g, '>')
    .replace(/&amp;/g, '&');
}
