import { parseArgs } from 'node:util';

const DURATION = /^P(?!$)(?:\d+W|(?:\d+D)?(?:T(?=\d)(?:\d+H)?(?:\d+M)?(?:\d+S)?)?)$/;
const isDuration = (text) => DURATION.test(text);
const isNumber = (text) => /^[1-9]\d{0,5}$/.test(text);
const isText = (text) => text.length > 0;

/** Flags that become settings of the web server and the worker: setting, what a value must be, meaning. */
const SETTINGS = {
  'link-life': ['LINK_LIFE', 'duration', 'from the invitation until its link no longer signs in'],
  'credential-life': ['CREDENTIAL_LIFE', 'duration', 'longest time a credential is kept'],
  'retry-life': ['RETRY_LIFE', 'duration', 'how long a failed migration keeps its credentials'],
  'report-life': ['REPORT_LIFE', 'duration', 'how long reports are kept after the end of a migration'],
  'invitations-per-minute': ['INVITATIONS_PER_MINUTE', 'number', 'invitations sent a minute'],
  reminders: ['REMINDERS', 'text', 'when those who have not signed in are reminded, such as P3D,P10D'],
  settle: ['EXCHANGE_SETTLE', 'duration', 'how long after its last byte a request may still take effect'],
  'time-scale': ['TIME_SCALE', 'number', 'how many times faster waits pass, at most 100'],
  capacity: ['CAPACITY', 'number', 'mailboxes a worker opens at once'],
  organisation: ['ORGANISATION', 'text', 'who asks the users to move'],
  language: ['DEFAULT_LANGUAGE', 'text', 'language of mails and users’ pages: en, de, fr or es'],
  'time-zone': ['TIME_ZONE', 'text', 'zone of times, such as Europe/Berlin'],
  'log-level': ['LOG_LEVEL', 'text', 'least level that is logged, such as debug'],
};

const FORMS = {
  duration: [isDuration, 'an ISO 8601 duration such as PT1M or P21D'],
  number: [isNumber, 'a whole number from 1 to 999999'],
  text: [isText, 'a value'],
};

/**
 * What `npm start -- …` was given: `{fresh, workers, settings}`, or `{help}` where it was asked for.
 * Throws a sentence that lists the flags where one is not known or has a value it cannot have.
 */
export function readFlags(args) {
  const values = parse(args);
  if (values.help) return { help: usage() };
  const workers = values.workers ?? '1';
  if (!isNumber(workers) || Number(workers) > 32) throw wrong('--workers needs a whole number from 1 to 32.');
  const settings = {};
  for (const [flag, [setting, form]] of Object.entries(SETTINGS)) {
    const value = values[flag];
    if (value === undefined) continue;
    const [fits, wanted] = FORMS[form];
    if (!fits(value)) throw wrong(`--${flag} needs ${wanted}; "${value}" is not.`);
    settings[setting] = value;
  }
  return { fresh: values.fresh === true, workers: Number(workers), settings };
}

function parse(args) {
  const options = { fresh: { type: 'boolean' }, help: { type: 'boolean' }, workers: { type: 'string' } };
  for (const flag of Object.keys(SETTINGS)) options[flag] = { type: 'string' };
  try {
    return parseArgs({ args, options }).values;
  } catch (fault) {
    throw wrong(`${fault.message.split('. ')[0].replace(/\.$/, '')}.`);
  }
}

const wrong = (what) => new Error(`${what}\n\n${usage()}`);

function usage() {
  const lines = [
    ['--fresh', 'begin again: throw away what the last run kept'],
    ['--workers N', 'worker processes (1)'],
    ...Object.entries(SETTINGS).map(([flag, [, form, meaning]]) => [
      `--${flag} ${form.toUpperCase()}`,
      meaning,
    ]),
    ['--help', 'this list'],
  ];
  const width = Math.max(...lines.map(([flag]) => flag.length));
  return ['npm start -- takes:', ...lines.map(([flag, is]) => `  ${flag.padEnd(width)}  ${is}`)].join('\n');
}
