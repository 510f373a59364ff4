import { AdaptiveWidth, fixedWidth } from '../src/engine/width';
import { copyUnderPolicy, type Measured } from './copy-under-policy';
import type { Policy } from './policy-wire';

/**
 * `npm run bench:throttle`: the rate of a width that adapts against fixed ones, under each policy, and how several mailboxes share one
 * policy, or have one each; in one run and in virtual time, so that what else the machine does changes nothing. Ends with 1 where a ratio is too low.
 */
const wanted = 0.8;
/** Mailboxes that share one policy. */
const together = 6;
const togetherMinutes = 30;
/** Of the slowest of them against the fastest, and of all against one alone at its best. */
const wantedTogether = { evenness: 0.7, rate: 0.8 };

interface Case {
  name: string;
  policy: Policy;
  fixed: readonly number[];
  minutes: number;
  /** How long several mailboxes with a policy for each are watched; absent: not at all. */
  apartMinutes?: number;
}

const cases: readonly Case[] = [
  { name: '3 connections', policy: { connections: 3 }, fixed: [1, 2, 3, 4], minutes: 8, apartMinutes: 20 },
  { name: '10 connections', policy: { connections: 10 }, fixed: [3, 8, 10, 12], minutes: 8, apartMinutes: 8 },
  { name: '27 connections', policy: { connections: 27 }, fixed: [3, 10, 20, 27], minutes: 8 },
  {
    name: '150 MB in 5 minutes',
    policy: { connections: 27, bytesPerFiveMinutes: 150_000_000 },
    fixed: [1, 2, 3, 10],
    minutes: 30,
  },
];

const sum = (rates: readonly number[]) => rates.reduce((all, rate) => all + rate, 0);

/** How one mailbox fares alone, with the best fixed width and with one that adapts. */
async function alone({ name, policy, fixed, minutes }: Case): Promise<{ best: number; isGood: boolean }> {
  process.stdout.write(`${name}\n`);
  let best = { requests: 0, rate: 0 };
  for (const requests of fixed) {
    const measured = await copyUnderPolicy(policy, () => fixedWidth(requests), minutes);
    const rate = sum(measured.rates);
    if (rate > best.rate) best = { requests, rate };
    process.stdout.write(`  fixed ${String(requests).padStart(2)}   ${said(measured)}\n`);
  }
  const adaptive = await copyUnderPolicy(policy, adapting, minutes);
  const ratio = sum(adaptive.rates) / best.rate;
  process.stdout.write(`  adaptive   ${said(adaptive)}\n`);
  process.stdout.write(`  ratio      ${ratio.toFixed(2)} of the best fixed width, ${best.requests}\n`);
  return { best: best.rate, isGood: ratio >= wanted };
}

/** How several mailboxes fare whose policy is meant for all of them together. @param best the rate of one alone */
async function shared({ policy }: Case, best: number): Promise<boolean> {
  const measured = await copyUnderPolicy(policy, adapting, togetherMinutes, {
    mailboxes: together,
    isShared: true,
  });
  return isEven('together', measured, best);
}

/** How several mailboxes fare that have a policy each: none must hold up another. */
async function apart({ policy, apartMinutes }: Case, best: number): Promise<boolean> {
  if (apartMinutes === undefined) return true;
  const measured = await copyUnderPolicy(policy, adapting, apartMinutes, {
    mailboxes: together,
    isShared: false,
  });
  return isEven('apart', measured, best * together);
}

/** @param best of all */
function isEven(how: string, measured: Measured, best: number): boolean {
  const { rates } = measured;
  const evenness = Math.min(...rates) / Math.max(...rates);
  const ratio = sum(rates) / best;
  const each = rates.map((rate) => rate.toFixed(0)).join(', ');
  process.stdout.write(`  ${how.padEnd(10)} ${said(measured)}: ${each}\n`);
  process.stdout.write(`  share      slowest ${evenness.toFixed(2)} of the fastest, `);
  process.stdout.write(`all ${ratio.toFixed(2)} of the best there can be\n`);
  return evenness >= wantedTogether.evenness && ratio >= wantedTogether.rate;
}

const adapting = (connections: number) => new AdaptiveWidth(connections);

function said({ rates, refused }: Measured): string {
  return `${sum(rates).toFixed(0)} items/min, ${refused} refused`;
}

async function main(): Promise<void> {
  const good: boolean[] = [];
  for (const each of cases) {
    const { best, isGood } = await alone(each);
    good.push(isGood, await shared(each, best), await apart(each, best));
  }
  process.exitCode = good.every(Boolean) ? 0 : 1;
}

void main();
