import { parseArgs } from 'node:util';

const DURATION = /^PT(?=\d)(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?$/;

const USAGE = `npm run faults -- takes:
  --runs N         so many runs (1)
  --for PT15M      as many runs as fit
  --at-once N      so many systems beside each other, with a run each (1)
  --seed S         seed of the first run, the next has S + 1 (taken from the clock)
  --replay S       the run of this seed alone, with its plan printed
  --plan FILE      the run of a plan that was kept, such as .data/faults/failed/17/plan.json, also of an earlier catalogue
  --only KIND      only faults of this kind, such as answerLost; may be given again
  --with KIND      only the seeds that draw a fault of this kind; may be given again: of one of them
  --results FILE   where the results are appended (docs/reliability.jsonl)
  --report         make docs/reliability.md anew from the results, and do nothing else
  --help           this list`;

/** What `npm run faults -- …` was given. Throws a sentence that says what is wrong. */
export function readFlags(args) {
  const text = { type: 'string' };
  const { values } = parseArgs({
    args,
    options: {
      runs: text,
      for: text,
      'at-once': text,
      seed: text,
      replay: text,
      plan: text,
      only: { type: 'string', multiple: true },
      with: { type: 'string', multiple: true },
      results: text,
      report: { type: 'boolean' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) return { help: USAGE };
  const given = values.replay ?? values.seed;
  return {
    report: values.report === true,
    results: values.results ?? 'docs/reliability.jsonl',
    seed: given === undefined ? Math.floor(Date.now() / 1000) % 1_000_000_000 : wholeNumber('seed', given),
    isReplay: values.replay !== undefined || values.plan !== undefined,
    plan: values.plan,
    only: values.only ?? [],
    having: values.with ?? [],
    atOnce: wholeNumber('at-once', values['at-once'] ?? '1'),
    ...(values.for === undefined
      ? { runs: wholeNumber('runs', values.runs ?? '1') }
      : { runs: Infinity, forMs: durationMs(values.for) }),
  };
}

function wholeNumber(flag, text) {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new Error(`--${flag} needs a whole number; "${text}" is not.\n\n${USAGE}`);
}

function durationMs(text) {
  const found = DURATION.exec(text);
  if (!found) throw new Error(`--for needs a duration such as PT15M; "${text}" is not.\n\n${USAGE}`);
  const [, hours = 0, minutes = 0, seconds = 0] = found;
  return ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000;
}
