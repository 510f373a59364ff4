import { inTarget } from '../../../src/domain/item-counts';
import { Chance } from './chance';
import { Migration, settleMs, type Setting } from './migration';
import { wrongs, type Lived } from './outcome';
import { Removals } from './removals';
import { SourceUser } from './source-user';
import { TargetUser } from './target-user';

const chaosLastsMs = 150_000;

/** How often per hundred of its moments the world does each of these. */
export interface World {
  sourceUsed: number;
  /** All of the source's items are suddenly not to be seen. */
  sourceVanishes: number;
  /** The source says of a folder that it is not there, though it lists it. */
  sourceDenies: number;
  targetUsed: number;
  killed: number;
  stalled: number;
  intruded: number;
  statesExpire: number;
  ledgerLost: number;
}

/** Lets the world do its worst for a while, and then waits for the end. */
export async function live(
  setting: Setting,
  world: World,
  watch: (migration: Migration) => void = () => {},
): Promise<Lived & { wrong: string[] }> {
  const migration = new Migration(setting);
  watch(migration);
  const { time, source, target, ledger } = migration;
  const chance = new Chance(setting.seed ^ 0x5eed);
  const user = new TargetUser(target, ledger, chance, setting.rates.latestMs <= settleMs);
  const sourceUser = new SourceUser(source, chance);
  const seen: string[] = [];
  new Removals(migration, sourceUser, user, seen).watch();
  watchPlans(migration, sourceUser, seen);
  lookAfter(migration, sourceUser, chance);
  sourceUser.fill(setting.folders, setting.items);
  let backups = [ledger.backup()];
  const moment = () => {
    if (time.monotonic() > chaosLastsMs) {
      migration.chaos = false;
      for (const worker of migration.workers) worker.resume();
      source.denied.clear();
      if (!migration.sourceChecked) sourceUser.comeBack();
      return;
    }
    if (chance.is(world.sourceUsed)) sourceUser.act();
    if (chance.is(world.sourceVanishes)) sourceUser.vanish();
    if (chance.is(world.sourceDenies)) sourceUser.deny();
    if (chance.is(world.targetUsed)) user.act();
    if (chance.is(world.killed)) migration.worker?.kill();
    if (chance.is(world.stalled)) migration.worker?.stall(chance.number(120_000));
    if (chance.is(world.intruded)) void migration.intrude();
    if (chance.is(world.statesExpire)) source.expireStates();
    if (chance.is(world.statesExpire)) target.expireStates();
    if (chance.is(20)) backups = [...backups.slice(-1), ledger.backup()];
    if (chance.is(world.ledgerLost)) {
      migration.ledgerLosses += 1;
      if (chance.is(50)) ledger.lose();
      // The dump may have been taken while all was written, the parcels after the documents.
      else ledger.restore(chance.pick(backups), backups.at(-1));
    }
    time.after(chance.number(2_000), moment);
  };
  time.after(0, moment);
  await time.until(migration.run());
  await time.until(time.sleep(10 * settleMs));
  const lived = { migration, user, sourceUser, seen };
  return { ...lived, wrong: await wrongs(lived) };
}

/** The administrator, who is told of a source that looks wrong: it comes back, or is as it should be. */
function lookAfter(migration: Migration, sourceUser: SourceUser, chance: Chance): void {
  migration.onStopped = () => {
    if (sourceUser.hidden.size > 0 && !migration.sourceChecked && chance.is(50)) sourceUser.comeBack();
    else migration.sourceChecked = migration.everChecked = true;
  };
  migration.onDone = (sourceChecked) => {
    if (!sourceChecked) return;
    migration.sourceChecked = false;
    // What is not to be seen after that is gone for good.
    sourceUser.hidden.clear();
  };
}

/** A mailbox that the ledger knows as full and that lists as empty is not planned; one that was lost meanwhile did not know it. */
function watchPlans(migration: Migration, { hidden }: SourceUser, seen: string[]): void {
  const isEmptied = async () => hidden.size > 0 && inTarget(await migration.figures()) > 0;
  migration.onPlanning = async () => {
    const before = await isEmptied();
    const losses = migration.ledgerLosses;
    return async () => {
      if (before && losses === migration.ledgerLosses && (await isEmptied()))
        seen.push('an emptied source was planned');
    };
  };
}
