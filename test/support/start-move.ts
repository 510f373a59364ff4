import type { SandboxRun } from './sandbox-run';
import { Person } from './person';

/**
 * Starts a listed user's move without a browser: the administrator opens his **User link** and both passwords are typed there.
 * @returns the user's page, to look at what he is told
 */
export async function startMove(
  run: SandboxRun,
  { source, target }: { source: string; target: string },
): Promise<{ admin: Person; page: string; userPage: string }> {
  const { admin: door } = run.facts();
  const admin = new Person(door.url);
  await admin.submit('/admin/sign-in', /sign-in/, { email: door.email, password: door.password });
  const list = await admin.get(`/admin/users?q=${encodeURIComponent(source)}`);
  const id = /\/admin\/users\/([0-9a-f]{24})/.exec(list.text)?.[1];
  if (id === undefined) throw new Error(`${source} is not listed (${list.status} ${list.url})`);
  const userPage = `/admin/users/${id}`;
  const opened = await admin.post('/admin/users', `${userPage}/link`, {});
  const page = new URL(opened.url).pathname;
  await admin.submit(page, /\/m\//, {
    sourcePassword: run.mailbox('Contoso', source).password,
    targetPassword: run.mailbox('Fabrikam', target).password,
  });
  return { admin, page, userPage };
}
