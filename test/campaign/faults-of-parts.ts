import type { Random } from '../../sandbox/exchange/random';
import type { Kind, PartName } from './deeds';
import type { Cut } from './line';
import type { FarEnd, NearEnd } from './lines';

const kill = (part: PartName, weight: number): Kind => ({
  what: `SIGKILL of ${names[part]}`,
  weight,
  draw: () => ({ do: 'kill', part }),
});
const freeze = (part: PartName, weight: number): Kind => ({
  what: `SIGSTOP of ${names[part]}, SIGCONT up to 8 s later`,
  weight,
  draw: (random) => ({ do: 'freeze', part, forMs: random.int(200, 8000) }),
});
const names = { worker: 'the worker', web: 'the web server', temporal: 'Temporal', mongodb: 'the database' };

/** Seconds that a clock is ahead or behind. */
const jump = (random: Random) => random.int(60, 900) * (random.chance(0.5) ? 1 : -1);

/** What befalls the processes, their clocks, their lines and their disks. */
export const faultsOfParts = {
  killWorker: kill('worker', 3),
  killWeb: kill('web', 1),
  killTemporal: kill('temporal', 2),
  killDatabase: kill('mongodb', 3),
  freezeWorker: freeze('worker', 3),
  freezeWeb: freeze('web', 1),
  freezeTemporal: freeze('temporal', 2),
  freezeDatabase: freeze('mongodb', 3),
  secondWorker: {
    what: 'A second worker process, its clock apart in half of them, ended or killed up to 6 s later',
    weight: 2,
    draw: (random) => ({
      do: 'secondWorker',
      forMs: random.int(1500, 6000),
      isKilled: random.chance(0.6),
      clockSeconds: random.chance(0.5) ? jump(random) : 0,
    }),
  },
  clockApart: {
    what: 'The clock of worker, web server or both jumps by up to 15 minutes, and back later',
    weight: 3,
    draw: (random) => ({
      do: 'shiftClock',
      part: random.pick(['worker', 'web', 'both'] as const),
      seconds: jump(random),
      forMs: random.int(2000, 8000),
    }),
  },
  lineCut: {
    what: 'All connections of worker or web server to the database or to Temporal are reset, silent or lose what is answered, up to 8 s',
    weight: 4,
    draw: (random) => ({
      do: 'cutLine',
      part: random.pick<NearEnd>(['worker', 'worker', 'web']),
      from: random.pick<FarEnd>(['mongodb', 'temporal']),
      as: random.pick<Cut>(['reset', 'silent', 'answersLost']),
      forMs: random.int(200, 8000),
    }),
  },
  diskFull: {
    what: 'The disk under the database is full (a limit to the size of its files) for up to 6 s',
    weight: 2,
    draw: (random) => ({
      do: 'fillDisk',
      share: random.int(50, 105) / 100,
      forMs: random.int(1000, 6000),
    }),
  },
  keyRotated: {
    what: 'The sealing key is rotated; workers and web server are started anew',
    weight: 1,
    draw: () => ({ do: 'rotateKey' }),
  },
  databaseSetBack: {
    what: 'The database is restored to a copy made up to 8 s before (at real times: minutes)',
    weight: 2,
    losesLedger: true,
    draw: (random) => ({ do: 'setBack', part: 'mongodb', byMs: random.int(300, 8000) }),
  },
  temporalSetBack: {
    what: 'Temporal is restored to a copy made up to 8 s before',
    weight: 1,
    draw: (random) => ({ do: 'setBack', part: 'temporal', byMs: random.int(300, 8000) }),
  },
} as const satisfies Record<string, Kind>;
