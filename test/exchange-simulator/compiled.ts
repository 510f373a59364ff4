import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { transformFileSync } from '@swc/core';

const SOURCES = join(__dirname, '..', '..', 'sandbox', 'exchange');
const MODULES = join(__dirname, '..', '..', 'node_modules');

/** Compiles the simulator as it stands into a directory, so that it can run as a process of its own. */
export function compileSimulator(directory: string): string {
  for (const name of readdirSync(SOURCES, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.ts')) continue;
    const { code } = transformFileSync(join(SOURCES, name), {
      jsc: { target: 'es2023', parser: { syntax: 'typescript' } },
      module: { type: 'commonjs' },
    });
    const target = join(directory, name.replace(/\.ts$/, '.js'));
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, code);
  }
  return join(directory, 'main.js');
}

export interface SimulatorProcess {
  readonly ewsUrl: string;
  readonly control: string;
  readonly ca: string;
  readonly child: ChildProcess;
  /** @returns the exit code, null where the signal ended it */
  end(signal: NodeJS.Signals): Promise<number | null>;
  /** Most memory it has had, in bytes. */
  peakBytes(): number;
}

export async function startProcess(main: string, data: string): Promise<SimulatorProcess> {
  const child = spawn(process.execPath, [main, '--data', data, '--ca', join(data, 'ca')], {
    env: { ...process.env, NODE_PATH: MODULES },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout });
  const [line] = (await once(lines, 'line')) as [string];
  const { ewsUrl, control, ca } = JSON.parse(line) as { ewsUrl: string; control: string; ca: string };
  return {
    ewsUrl,
    control,
    ca,
    child,
    end: async (signal) => {
      const ended = once(child, 'exit');
      child.kill(signal);
      const [code] = (await ended) as [number | null];
      return code;
    },
    peakBytes: () =>
      Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1] ?? 0) * 1024,
  };
}
