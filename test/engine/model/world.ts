import { Chance } from './chance';
import { fillSource, TargetUser, useSource } from './mailbox-users';
import { Migration, settleMs, type Setting } from './migration';
import { wrongs } from './outcome';

const chaosLastsMs = 150_000;

/** How often per hundred of its moments the world does each of these. */
export interface World {
  sourceUsed: number;
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
): Promise<{ migration: Migration; user: TargetUser; wrong: string[] }> {
  const migration = new Migration(setting);
  watch(migration);
  const { time, source, target, ledger } = migration;
  const chance = new Chance(setting.seed ^ 0x5eed);
  const user = new TargetUser(target, chance);
  fillSource(source, chance, setting.folders, setting.items);
  let backup = ledger.backup();
  const moment = () => {
    if (time.monotonic() > chaosLastsMs) {
      migration.chaos = false;
      for (const worker of migration.workers) worker.resume();
      return;
    }
    if (chance.is(world.sourceUsed)) useSource(source, chance);
    if (chance.is(world.targetUsed)) user.act();
    if (chance.is(world.killed)) migration.worker?.kill();
    if (chance.is(world.stalled)) migration.worker?.stall(chance.number(120_000));
    if (chance.is(world.intruded)) void migration.intrude();
    if (chance.is(world.statesExpire)) source.expireStates();
    if (chance.is(world.statesExpire)) target.expireStates();
    if (chance.is(20)) backup = ledger.backup();
    if (chance.is(world.ledgerLost)) {
      migration.ledgerLost = true;
      if (chance.is(50)) ledger.lose();
      else ledger.restore(backup);
    }
    time.after(chance.number(2_000), moment);
  };
  time.after(0, moment);
  await time.until(migration.run());
  await time.until(time.sleep(10 * settleMs));
  return { migration, user, wrong: await wrongs(migration, user) };
}
