import { AdaptiveWidth, fixedWidth } from '../src/engine/width';
import { copyUnderPolicy, type Measured } from './copy-under-policy';
import type { Policy } from './policy-wire';

/**
 * `npm run bench:throttle`: the rate of a width that adapts against fixed ones, under each policy, in one run and in virtual time, so
 * that what else the machine does changes nothing. Ends with 1 where a ratio is below 0.8.
 */
const wanted = 0.8;

interface Case {
  name: string;
  policy: Policy;
  fixed: readonly number[];
  minutes: number;
}

const cases: readonly Case[] = [
  { name: '3 connections', policy: { connections: 3 }, fixed: [1, 2, 3, 4], minutes: 8 },
  { name: '10 connections', policy: { connections: 10 }, fixed: [3, 8, 10, 12], minutes: 8 },
  { name: '27 connections', policy: { connections: 27 }, fixed: [3, 10, 20, 27], minutes: 8 },
  {
    name: '150 MB in 5 minutes',
    policy: { connections: 27, bytesPerFiveMinutes: 150_000_000 },
    fixed: [1, 2, 3, 10],
    minutes: 30,
  },
];

async function compare({ name, policy, fixed, minutes }: Case): Promise<boolean> {
  const said = ({ rate, refused }: Measured) => `${rate.toFixed(0)} items/min, ${refused} refused`;
  process.stdout.write(`${name}\n`);
  let best = { requests: 0, rate: 0 };
  for (const requests of fixed) {
    const measured = await copyUnderPolicy(policy, () => fixedWidth(requests), minutes);
    if (measured.rate > best.rate) best = { requests, rate: measured.rate };
    process.stdout.write(`  fixed ${String(requests).padStart(2)}   ${said(measured)}\n`);
  }
  const adaptive = await copyUnderPolicy(policy, (connections) => new AdaptiveWidth(connections), minutes);
  const ratio = adaptive.rate / best.rate;
  process.stdout.write(`  adaptive   ${said(adaptive)}\n`);
  process.stdout.write(`  ratio      ${ratio.toFixed(2)} of the best fixed width, ${best.requests}\n`);
  return ratio >= wanted;
}

async function main(): Promise<void> {
  const good: boolean[] = [];
  for (const each of cases) good.push(await compare(each));
  process.exitCode = good.every(Boolean) ? 0 : 1;
}

void main();
