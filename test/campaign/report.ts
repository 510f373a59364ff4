import { catalogue, faultKinds, type FaultKind } from './catalogue';
import { faulty } from './oracle';
import { lineBrokeOff, lineCompared, linePassed, type ResultLine } from './results';

/** `docs/reliability.md`, from the kept results. */
export function reportOf(lines: readonly ResultLine[]): string {
  return `${[head, ...totals(lines), ...faultTable(lines), ...failures(lines), ...notJudged(lines), ...impossible].join('\n')}\n`;
}

const head = `# Reliability

Made by \`npm run faults -- --report\` from [reliability.jsonl](reliability.jsonl), which has a line for each run of the fault
campaign; \`npm run faults -- --runs 20 --seed 1\` adds to it. In each run a user moves a mailbox of 30 to 500 items of all kinds
through the pages, or since 2026-11-30 in a third of them two to four users in two batches move one each and wait for slots of the same two
connectors, while faults that are drawn from the seed befall the whole system: worker, web server, Temporal, database and two
mail servers, all waits at a fiftieth. Half of the mailboxes are moved in several passes, with filters and with a user who goes on
with the old one. At the end exchangelib, a client that is none of ours, lists both mailboxes, and each item of the source must be in
the target once, with the same content, in the same folder, or be named with a reason, or be left out by the filter. What an item may
do that its user changed, moved or deleted meanwhile stands in \`test/campaign/oracle.ts\`. The figures of the report, the folders,
the mails that were sent, the slots, and that no password stands in any file are looked at too.
`;

function totals(lines: readonly ResultLine[]): string[] {
  const compared = lines.filter(lineCompared);
  const brokeOff = lines.filter(lineBrokeOff);
  const inAll = compared.filter(({ claims }) => claims !== undefined);
  const sum = (count: (line: ResultLine) => number) => compared.reduce((all, line) => all + count(line), 0);
  const named = (line: ResultLine) => Object.values(line.named).reduce((all, count) => all + count, 0);
  const rows: [string, number][] = [
    ['Runs', lines.length],
    [
      '… with several mailboxes on the same connectors',
      lines.filter(({ mailboxes = 1 }) => mailboxes > 1).length,
    ],
    ['Runs that lost nothing, doubled nothing and came to their end', lines.filter(linePassed).length],
    ['Runs that came to no end', lines.length - compared.length - brokeOff.length],
    [
      'Runs that broke off by the campaign’s own doing, and are not judged (before 2026-11-29 they left no line)',
      brokeOff.length,
    ],
    ['Runs that came to an end: all items compared', compared.length],
    ['… of them judged by what is marked with * too; of the others nothing is known there', inAll.length],
    ['Items compared', sum(({ items, compared: found = items }) => found)],
    [
      'Faults that struck',
      lines.flatMap(({ faults }) => Object.values(faults)).reduce((all, count) => all + count, 0),
    ],
    ['Items lost: neither in the target nor named', sum(({ lost }) => lost)],
    ['Items doubled', sum(({ doubled }) => doubled)],
    ['Items with other content', sum(({ altered }) => altered)],
    ['Items in another folder', sum(({ misplaced }) => misplaced)],
    ['Items that no source ever had', sum(({ foreign }) => foreign)],
    ['Items where their user had moved or deleted them *', sum(({ stale = 0 }) => stale)],
    ['Items gone though nobody asked for it *', sum(({ dropped = 0 }) => dropped)],
    ['Items in spite of the filter *', sum(({ unasked = 0 }) => unasked)],
    ['Other untruths: figures, folders, mails, slots, secrets *', sum(({ claims = [] }) => claims.length)],
    ['Items left out by a filter *', sum(({ filtered = 0 }) => filtered)],
    ['Items named with a reason', sum(named)],
  ];
  return ['| | |', '| --- | ---: |', ...rows.map(([what, count]) => `| ${what} | ${count} |`), ''];
}

const counting = [
  'Of what the mail servers do each request that was met is counted. Of all else it is how often it was done to a migration: what that met in it',
  'nobody knows. Since 2026-11-29 what was due too late, when the migration had ended, is not counted.',
];

function faultTable(lines: readonly ResultLine[]): string[] {
  const rows = faultKinds.map((kind) => {
    const runs = lines.filter(({ faults }) => (faults[kind] ?? 0) > 0);
    const struck = runs.reduce((all, { faults }) => all + (faults[kind] ?? 0), 0);
    const failed = runs.filter((line) => !linePassed(line)).length;
    return `| ${catalogue[kind].what} | \`${kind}\` | ${struck} | ${runs.length} | ${failed} |`;
  });
  const header = ['| Fault | Name | Struck | Runs | of them failed |', '| --- | --- | ---: | ---: | ---: |'];
  return ['## The faults', '', ...counting, '', ...header, ...rows, ''];
}

function failures(lines: readonly ResultLine[]): string[] {
  const failed = lines.filter((line) => !linePassed(line) && !lineBrokeOff(line));
  const title = ['## Runs that failed', ''];
  if (failed.length === 0) return [...title, 'None.', ''];
  const rows = failed.map((line) => {
    const struck = (Object.keys(line.faults) as FaultKind[]).filter((kind) => (line.faults[kind] ?? 0) > 0);
    const { lost, doubled, claims = [] } = line;
    const other = faulty.reduce((sum, what) => sum + (line[what] ?? 0), claims.length - lost - doubled);
    const counts = `${lost} | ${doubled} | ${other}`;
    return `| ${line.seed} | ${line.version} | ${line.state} | ${counts} | ${struck.join(', ')} | ${line.mended ?? 'open'} |`;
  });
  return [
    ...title,
    'The version is the commit that was under test. What is mended is a test since.',
    '',
    '| Seed | Version | End | Lost | Doubled | Other | Faults that struck | Mended |',
    '| ---: | --- | --- | ---: | ---: | ---: | --- | --- |',
    ...rows,
    '',
  ];
}

function notJudged(lines: readonly ResultLine[]): string[] {
  const rows = lines.filter(lineBrokeOff).map(({ seed, version, why = '' }) => {
    return `| ${seed} | ${version} | ${why.replace(/\|/g, '\\|')} |`;
  });
  if (rows.length === 0) return [];
  const header = ['| Seed | Version | Why |', '| ---: | --- | --- |'];
  return ['## Runs that broke off', '', ...header, ...rows, ''];
}

const impossible = [
  '## What is not made',
  '',
  '- A jump of Temporal’s own clock: it is one static program, which libfaketime does not reach. That its clock and the database’s differ by',
  '  minutes from the product’s is made by setting workers and web server alike. The database’s clock is asked by nothing, and its Java',
  '  waits in circles under libfaketime. Where libfaketime is not installed, none is set, and the line of the run says so under `impossible`.',
  '- Workers of two releases: 0.1.0 knows no waits at a fiftieth, so it would break the promises that the others rest on. `test/upgrade`',
  '  exchanges worker and web server of both, in both orders, while mailboxes are copied.',
  '- A power cut: processes are killed, machines are not. What a process gave to the system is on disk afterwards.',
];
