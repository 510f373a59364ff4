import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { SandboxFacts } from '../../sandbox/facts';
import { identify, lives, type ProcessIdentity } from '../../sandbox/supervisor/identity';
import { root } from '../support/prepared';
import { listens } from '../support/server-process';
import { waitedForCoreMs } from '../support/waited-for-core';

/** `npm start` in a folder of its own, with everything it starts. */
describe('npm start', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mailporter-start-'));
  const factsFile = join(folder, 'sandbox.json');
  let running: { process: ChildProcess; printed: () => string } | undefined;

  function run(script: string, args: string[]) {
    const child = spawn(process.execPath, [join(root, script), ...args], {
      env: { ...process.env, MAILPORTER_DATA: folder },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let text = '';
    child.stdout.on('data', (data: Buffer) => (text += data.toString()));
    child.stderr.on('data', (data: Buffer) => (text += data.toString()));
    return { process: child, printed: () => text };
  }

  /** Reads the file as a stranger would, at any moment: it is whole, or not there yet. */
  const facts = () => JSON.parse(readFileSync(factsFile, 'utf8')) as SandboxFacts;

  async function started(...args: string[]): Promise<string> {
    running = run('sandbox/start.mjs', args);
    const { process: child, printed } = running;
    while (!printed().includes('Mailporter is up.')) {
      if (child.exitCode !== null) throw new Error(printed());
      await pause(50);
    }
    return printed();
  }

  async function ended(): Promise<number | null> {
    const { process: child } = running!;
    if (child.exitCode === null) {
      child.kill('SIGINT');
      await once(child, 'exit');
    }
    return child.exitCode;
  }

  function processes({ pids }: SandboxFacts): ProcessIdentity[] {
    const { web, worker, exchange, ...others } = pids;
    const all = [...web, ...worker, ...Object.values(exchange), ...Object.values(others)];
    return all.flatMap((pid) => identify(pid) ?? []);
  }

  afterAll(async () => {
    if (running) await ended();
    rmSync(folder, { recursive: true, force: true });
  });

  it('brings everything up on ports that answer, and says where it is and how to sign in', async () => {
    const printed = await started();
    const { admin, temporal, mongodb, inbox, exchange } = facts();
    const urls = [admin.url, temporal.ui!, inbox.url, inbox.smtp, `http://${temporal.address}`, mongodb];
    const ports = [...urls, ...exchange.map(({ ewsUrl }) => ewsUrl)].map((url) => Number(new URL(url).port));
    expect(await Promise.all(ports.map(listens))).toEqual(ports.map(() => true));
    const headers = { accept: 'text/html' };
    for (const url of [admin.url, temporal.ui!, inbox.url])
      expect((await fetch(url, { headers })).status).toBe(200);

    const shown = [admin.url, admin.email, admin.password, inbox.url, temporal.ui!];
    const mailboxes = exchange.flatMap((one) => one.mailboxes);
    for (const text of [...shown, ...mailboxes.map(({ password }) => password)])
      expect(printed).toContain(text);
    expect(processes(facts())).toHaveLength(8);
  }, 300_000);

  it('gives each sample user a mailbox to move and one of the same name to move it to', () => {
    const [contoso, fabrikam] = facts().exchange;
    expect([contoso!.name, fabrikam!.name]).toEqual(['Contoso', 'Fabrikam']);
    const names = (exchange: typeof contoso) =>
      exchange!.mailboxes.map(({ address }) => address.split('@')[0]);
    expect(names(contoso).length).toBeGreaterThanOrEqual(3);
    expect(names(fabrikam)).toEqual(names(contoso));
    const passwords = [...contoso!.mailboxes, ...fabrikam!.mailboxes].map(({ password }) => password);
    expect(new Set(passwords).size).toBe(passwords.length);
  });

  it('keeps its keys and what it knows from other users of the machine', () => {
    const files = [...readdirSync(join(folder, 'keys')).map((name) => join('keys', name)), 'sandbox.json'];
    expect(files.length).toBeGreaterThan(4);
    for (const file of files) expect(statSync(join(folder, file)).mode & 0o077).toBe(0);
  });

  it.each(['web', 'worker', 'temporal', 'mongodb', 'inbox', 'Contoso', 'Fabrikam'])(
    'has %s back within five seconds of a kill, with the file whole at every moment',
    async (name) => {
      const pidOf = ({ pids }: SandboxFacts) => {
        if (name === 'web' || name === 'worker') return pids[name][0];
        if (name === 'temporal' || name === 'mongodb' || name === 'inbox') return pids[name];
        return pids.exchange[name];
      };
      const before = pidOf(facts())!;
      const others = [process.pid, facts().pids.supervisor];
      const waitedBefore = others.map(waitedForCoreMs);
      process.kill(before, 'SIGKILL');
      const killedAt = Date.now();
      for (let now: number | undefined = before; now === undefined || now === before; now = pidOf(facts())) {
        await pause(5);
      }
      const port = portOf(name, facts());
      while (port !== undefined && !(await listens(port))) await pause(20);
      const tookMs = Date.now() - killedAt;
      // What other programs had of the cores meanwhile is the machine's, not the sandbox's.
      const waitedMs = others.reduce((sum, pid, at) => sum + waitedForCoreMs(pid) - waitedBefore[at]!, 0);
      expect(tookMs - waitedMs - waitedForCoreMs(pidOf(facts())!)).toBeLessThan(5000);
    },
  );

  it('adds mailboxes while it runs, and loses none of those that are added side by side', async () => {
    const before = facts().exchange[0]!.mailboxes.length;
    const add = async (seed: string) => {
      const args = ['--count', '2', '--items', '3', '--seed', seed];
      const { process: child, printed } = run('dist/sandbox/add-mailboxes.js', args);
      const [code] = await once(child, 'exit');
      return { code, printed: printed() };
    };
    const results = await Promise.all([add('1'), add('2')]);
    expect(results.map(({ code, printed }) => (code === 0 ? 0 : printed))).toEqual([0, 0]);
    const addresses = facts().exchange.map((one) => one.mailboxes.map(({ address }) => address));
    expect(addresses.map((list) => new Set(list).size)).toEqual([before + 4, before + 4]);
    for (const { printed } of results) expect(printed).toContain('@contoso.example');
  }, 60_000);

  it('says plainly that it runs already', async () => {
    const second = run('sandbox/start.mjs', []);
    expect((await once(second.process, 'exit'))[0]).toBe(1);
    expect(second.printed()).toContain(
      `running from this directory already (process ${facts().pids.supervisor})`,
    );
  });

  it('goes on where it was after a kill of the supervisor: the same ports, passwords and mailboxes', async () => {
    const before = facts();
    const leftovers = processes(before);
    expect(leftovers).toHaveLength(8);
    running!.process.kill('SIGKILL');
    await once(running!.process, 'exit');
    expect(await started()).toContain('Ended what an earlier run had left');
    expect(leftovers.filter(lives)).toEqual([]);
    expect({ ...facts(), pids: undefined }).toEqual({ ...before, pids: undefined });
  }, 120_000);

  it('leaves nothing running when it is told to end', async () => {
    const before = processes(facts());
    expect(before).toHaveLength(8);
    expect(await ended()).toBe(0);
    expect(before.filter(lives)).toEqual([]);
    expect(existsSync(join(folder, 'supervisor.lock'))).toBe(false);
  }, 60_000);

  it('begins again with --fresh: other passwords, other keys, the mailboxes of a first start', async () => {
    const before = facts();
    const key = readFileSync(join(folder, 'keys', 'link.key'), 'utf8');
    await started('--fresh');
    expect(readFileSync(join(folder, 'keys', 'link.key'), 'utf8')).not.toBe(key);
    expect(facts().admin.password).not.toBe(before.admin.password);
    expect(facts().exchange.map(({ mailboxes }) => mailboxes.length)).toEqual([3, 3]);
    expect(await ended()).toBe(0);
  }, 120_000);

  it.each([
    ['--linklife', "Unknown option '--linklife'"],
    ['--link-life=3', '--link-life needs an ISO 8601 duration such as PT1M or P21D; "3" is not.'],
    ['--workers=0', '--workers needs a whole number from 1 to 32.'],
  ])('refuses %s and lists the flags', async (flag, message) => {
    const refused = run('sandbox/start.mjs', [flag]);
    expect((await once(refused.process, 'exit'))[0]).toBe(1);
    expect(refused.printed()).toContain(message);
    expect(refused.printed()).toContain('--link-life DURATION');
  });
});

function portOf(
  name: string,
  { admin, temporal, mongodb, inbox, exchange }: SandboxFacts,
): number | undefined {
  const simulator = exchange.find((one) => one.name === name);
  const urls: Record<string, string> = {
    web: admin.url,
    temporal: `http://${temporal.address}`,
    mongodb,
    inbox: inbox.url,
  };
  const url = simulator?.ewsUrl ?? urls[name];
  return url === undefined ? undefined : Number(new URL(url).port);
}
