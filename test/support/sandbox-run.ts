import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { SandboxFacts } from '../../sandbox/facts';
import type { Ports } from '../../sandbox/ports';

const root = resolve(__dirname, '..', '..');

/** A part of the sandbox that a test may kill. */
export type Killable = 'web' | 'worker' | 'temporal' | 'mongodb';

/** The whole product as `npm start` runs it, with data of its own that go when it ends. */
export class SandboxRun {
  /** Everything the supervisor printed. */
  output = '';

  private constructor(
    readonly data: string,
    private readonly process: ChildProcess,
    private readonly tree: string,
  ) {
    for (const stream of [process.stdout, process.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => (this.output += text));
  }

  /**
   * Resolves once the table is printed.
   * @param flags as after `npm start --`
   * @param tree whose `npm start`; absent: this work tree's
   * @param database the address of one that runs already; absent: a database of its own
   */
  static async start(
    flags: readonly string[] = [],
    timeoutMs = 120_000,
    tree: string = root,
    database?: string,
  ): Promise<SandboxRun> {
    const data = mkdtempSync(join(tmpdir(), 'mailporter-run-'));
    const child = spawn(process.execPath, ['sandbox/start.mjs', ...flags], {
      cwd: tree,
      env: {
        ...environment(),
        MAILPORTER_DATA: data,
        ...(database && { MONGODB_URI: database, SANDBOX_DATABASE: '' }),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const run = new SandboxRun(data, child, tree);
    try {
      await run.until('the sandbox is up', timeoutMs, () => {
        if (child.exitCode !== null) throw new Error(`npm start ended:\n${run.output}`);
        return Promise.resolve(run.output.includes('/admin') && run.facts().pids.worker.length > 0);
      });
    } catch (fault) {
      await run.end();
      throw fault;
    }
    return run;
  }

  facts(): SandboxFacts {
    return JSON.parse(readFileSync(join(this.data, 'sandbox.json'), 'utf8')) as SandboxFacts;
  }

  ports(): Ports {
    return JSON.parse(readFileSync(join(this.data, 'ports.json'), 'utf8')) as Ports;
  }

  /** The mailbox of this address at one of the simulators. */
  mailbox(server: string, address: string) {
    const exchange = this.facts().exchange.find(({ name }) => name === server);
    const mailbox = exchange?.mailboxes.find((each) => each.address === address);
    if (!exchange || !mailbox) throw new Error(`no mailbox ${address} at ${server}`);
    return { ewsUrl: exchange.ewsUrl, ca: exchange.ca, ...mailbox };
  }

  /** `npm run sandbox:mailbox -- …` @returns the addresses that were added, source and target */
  async addMailboxes(...flags: string[]): Promise<{ source: string; target: string }[]> {
    const before = new Set(this.addresses('Contoso'));
    const child = spawn(process.execPath, ['dist/sandbox/add-mailboxes.js', ...flags], {
      cwd: this.tree,
      env: { ...environment(), MAILPORTER_DATA: this.data },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let errors = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
    const [code] = (await once(child, 'exit')) as [number];
    if (code !== 0) throw new Error(`sandbox:mailbox ended with ${code}: ${errors}`);
    const targets = this.addresses('Fabrikam');
    return this.addresses('Contoso')
      .filter((address) => !before.has(address))
      .map((source) => {
        const local = `${source.split('@')[0]}@`;
        const target = targets.find((address) => address.startsWith(local));
        if (target === undefined) throw new Error(`${source} has no counterpart`);
        return { source, target };
      });
  }

  private addresses(server: string): string[] {
    const exchange = this.facts().exchange.find(({ name }) => name === server);
    return exchange?.mailboxes.map(({ address }) => address) ?? [];
  }

  pid(part: Killable): number | undefined {
    const { pids } = this.facts();
    return part === 'web' || part === 'worker' ? pids[part][0] : pids[part];
  }

  /** SIGKILL; resolves once the supervisor has the part running again under another process id. */
  async kill(part: Killable): Promise<void> {
    const pid = this.pid(part);
    if (pid === undefined) throw new Error(`${part} does not run`);
    process.kill(pid, 'SIGKILL');
    await this.until(`${part} is back`, 90_000, () => {
      const now = this.pid(part);
      return Promise.resolve(now !== undefined && now !== pid);
    });
  }

  /** Asks the control API of a simulator, such as `PUT /policy` or `POST /faults`. */
  async control(
    server: 'contoso' | 'fabrikam',
    method: 'PUT' | 'POST' | 'DELETE',
    path: string,
    body?: unknown,
  ): Promise<void> {
    const answer = await fetch(`http://127.0.0.1:${this.ports()[`${server}Control`]}${path}`, {
      method,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${method} ${path} was refused: ${await answer.text()}`);
  }

  /** Asks five times a second. @throws with `what` and the last lines of the logs when the time is up */
  async until(what: string, timeoutMs: number, holds: () => Promise<boolean>): Promise<void> {
    const end = Date.now() + timeoutMs;
    for (;;) {
      const held = await holds().catch((fault: unknown) => {
        if (isPassing(fault)) return false;
        throw fault;
      });
      if (held) return;
      if (Date.now() > end)
        throw new Error(`after ${timeoutMs} ms still not: ${what}\n${this.output.slice(-3000)}`);
      await pause(200);
    }
  }

  /** Ctrl-C; resolves when the supervisor and all parts have ended. */
  async end(): Promise<void> {
    if (this.process.exitCode === null) {
      this.process.kill('SIGINT');
      await once(this.process, 'exit');
    }
    rmSync(this.data, { recursive: true, force: true });
  }
}

/** A part that is just being started again refuses connections; a file that is not there yet will be. */
function isPassing(fault: unknown): boolean {
  const text = `${String(fault)} ${String((fault as { cause?: unknown }).cause)} ${String((fault as { code?: unknown }).code)}`;
  return /ECONNREFUSED|ECONNRESET|EPIPE|UND_ERR_SOCKET|ENOENT|terminated|other side closed/.test(text);
}

/** Jest's own settings would make the product think it is a test. */
function environment(): NodeJS.ProcessEnv {
  const { NODE_ENV: _environment, JEST_WORKER_ID: _worker, ...rest } = process.env;
  return rest;
}
