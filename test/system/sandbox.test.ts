import { SandboxRun } from '../support/sandbox-run';
import { describeBigMailbox } from './big-mailbox';
import { describeKills } from './kills';
import { describeMainFlow } from './main-flow';
import { describeSecrets } from './secrets';

let run: SandboxRun;
const sandbox = () => run;

// One sandbox for all of them: it takes as long to come up as what is tried with it.
beforeAll(async () => {
  run = await SandboxRun.start(['--settle', 'PT2S', '--log-level', 'trace'], 300_000);
}, 360_000);
afterAll(() => run?.end(), 60_000);

describe('a mailbox moves, as its administrator and its user see it', () => describeMainFlow(sandbox));
describe('the passwords of users', () => describeSecrets(sandbox));
describe('parts that are killed in the middle of a copy', () => describeKills(sandbox));
describe('a mailbox with an item of 100 MB', () => describeBigMailbox(sandbox));
