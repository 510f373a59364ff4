import { CancellationScope, condition, patched } from '@temporalio/workflow';
import type { CopyFolderOutcome } from '../../activities/folders';
import type { FaultText } from '../../src/domain/faults';
import { folderLabel } from '../../src/domain/folder-label';
import { endOf, growing, textOf, type ActivityEnd } from '../faults';
import { hopeless, type Hopeless } from './hopeless';
import type { Migration } from './migration';
import type { OpenFolders } from './opening';

const foldersAtOnce = 2;

/** When a folder that failed may be tried again, how often in a row it was tried in vain, and why. */
interface Trial {
  notBefore: number;
  tries: number;
  text?: FaultText;
}

/** So many tries in vain of all folders that are left have the mailbox opened anew, which shows whether its servers answer. */
const vainTriesOfOpening = 6;
/** So many tries in vain in an opening say that it is the folder. */
const vainTriesOfFolder = 2;

/** The folders of a step, two at a time; one that fails waits its turn while the others go on. */
export async function copyFolders(
  m: Migration,
  open: OpenFolders,
): Promise<'done' | 'unplanned' | 'lost' | 'continue' | Hopeless> {
  const step = new FolderStep(m, open);
  const scope = new CancellationScope();
  const lanes: Promise<void>[] = [];
  const done = scope.run(() => {
    for (let lane = 0; lane < foldersAtOnce; lane += 1) lanes.push(step.lane());
    return Promise.all(lanes);
  });
  // When the history is full the folders at work may end; what takes too long is cut off and goes on in the next run.
  try {
    await Promise.race([done, step.overdue()]);
  } catch (error) {
    // Whatever ends the step, Stop too: none of its folders is at work any more afterwards. A run of 0.1.0 did not wait for them.
    if (patched('folders-awaited')) {
      scope.cancel();
      await Promise.allSettled(lanes);
    }
    throw error;
  }
  if (step.isOverdue) {
    scope.cancel();
    await (patched('folders-awaited') ? Promise.allSettled(lanes) : done.catch(() => undefined));
  }
  if (step.hopeless !== undefined) return step.hopeless;
  if (step.isLost) return 'lost';
  if (step.isUnplanned) return 'unplanned';
  return m.carry.place.todo.length > 0 ? 'continue' : 'done';
}

class FolderStep {
  hopeless?: Hopeless;
  isLost = false;
  isUnplanned = false;
  isOverdue = false;
  private readonly trials = new Map<number, Trial>();
  private readonly running = new Set<number>();

  constructor(
    private readonly m: Migration,
    private readonly open: OpenFolders,
  ) {}

  /** Takes one folder after the other. */
  async lane(): Promise<void> {
    for (;;) {
      if (this.isOver) return;
      const position = this.take();
      if (position !== undefined) {
        await this.copy(position);
        continue;
      }
      if (this.waiting().length === 0) return;
      if (this.isVain()) this.isLost = true;
      if (this.isOver) return;
      const wait =
        Math.min(...this.waiting().map((other) => this.trials.get(other)?.notBefore ?? 0)) - Date.now();
      await condition(() => this.isOver, Math.max(1, wait));
    }
  }

  /** Resolves when the history has been full for long and a folder is still at work; else never. */
  async overdue(): Promise<void> {
    await condition(() => this.m.isFull && this.running.size > 0);
    await condition(() => this.running.size === 0, this.m.times.drainMs);
    this.isOverdue = this.running.size > 0;
  }

  private get isOver(): boolean {
    return this.hopeless !== undefined || this.isLost || this.isUnplanned || this.m.isFull;
  }

  private waiting(): number[] {
    return this.m.carry.place.todo.filter((position) => !this.running.has(position));
  }

  private take(): number | undefined {
    return this.waiting().find((position) => (this.trials.get(position)?.notBefore ?? 0) <= Date.now());
  }

  private async copy(position: number): Promise<void> {
    this.running.add(position);
    try {
      this.settle(position, await this.copyOnce(position));
    } catch (error) {
      this.fail(position, endOf(error));
    } finally {
      this.running.delete(position);
    }
  }

  private copyOnce(position: number): Promise<CopyFolderOutcome> {
    const { carry, input } = this.m;
    const { place } = carry;
    carry.fence += 1;
    const label = place.labels[position] ?? folderLabel(position);
    const summary = place.sweep === 0 ? label : `${label}, sweep ${place.sweep}`;
    const retryFailed = input.reason === 'retry' && place.sweep === 0 && place.rounds === 0;
    const key = { ...this.open.key, position, label, fence: carry.fence, filter: carry.order.filter };
    const order = { ...key, retryFailed, giveUp: this.isHopeless(position) };
    return this.open.activities.copyFolder.executeWithOptions({ summary }, [order]);
  }

  private settle(position: number, outcome: CopyFolderOutcome): void {
    const { place } = this.m.carry;
    switch (outcome.kind) {
      case 'done':
        place.changes += outcome.changes;
        place.refused = place.refused.filter((other) => other !== position);
        this.noteVain(position, true);
        return this.leave(position);
      case 'refused':
        if (!place.refused.includes(position)) place.refused.push(position);
        return this.leave(position);
      case 'gone':
        place.refused = place.refused.filter((other) => other !== position);
        return this.leave(position);
      case 'hopeless':
        this.hopeless = hopeless(outcome.text);
        return;
      case 'fenced':
        // A restored Temporal has forgotten the fences it gave out.
        this.m.carry.fence = Math.max(this.m.carry.fence, outcome.by);
        return this.postpone(position, true);
      case 'unplanned':
        this.isUnplanned = true;
        return;
      case 'closed':
        place.interrupted = true;
        this.isLost = true;
    }
  }

  private leave(position: number): void {
    const { place } = this.m.carry;
    place.todo = place.todo.filter((other) => other !== position);
    this.trials.delete(position);
    this.open.progress.progressed = true;
    this.show();
  }

  /** Whether all that is left was tried in vain again and again. */
  private isVain(): boolean {
    const tried = this.waiting().map((position) => this.trials.get(position)?.tries ?? 0);
    return this.running.size === 0 && Math.min(...tried) >= vainTriesOfOpening;
  }

  /** Whether a folder was tried in vain for long, and is so while both servers answer. */
  private isHopeless(position: number): boolean {
    const { carry, times } = this.m;
    const since = carry.place.vain?.[position];
    if (since === undefined || Date.now() - since < times.folderForMs) return false;
    return (this.trials.get(position)?.tries ?? 0) >= vainTriesOfFolder;
  }

  /** Says on the row what is being waited out. */
  private show(): void {
    this.m.row.showFault([...this.trials.values()].find(({ text }) => text !== undefined)?.text);
  }

  private fail(position: number, end: ActivityEnd): void {
    this.m.carry.place.interrupted = true;
    // Nobody takes folders from that queue any more: its worker is gone.
    if (end.kind === 'notStarted') {
      this.isLost = true;
      return;
    }
    const progressed = end.kind === 'fault' && end.progressed;
    if (progressed) this.open.progress.progressed = true;
    this.postpone(position, false, progressed);
    const trial = this.trials.get(position);
    if (trial !== undefined) trial.text = textOf(end);
    this.noteVain(position, progressed);
    this.show();
  }

  private noteVain(position: number, progressed: boolean): void {
    const { place } = this.m.carry;
    const { [position]: since = Date.now(), ...others } = place.vain ?? {};
    place.vain = progressed ? others : { ...others, [position]: since };
  }

  /** The first time that a fence was too low it is raised at once; whoever is fenced again and again shares the pair with another. */
  private postpone(position: number, atOnceFirst: boolean, progressed = false): void {
    const tries = progressed ? 0 : (this.trials.get(position)?.tries ?? 0);
    if (atOnceFirst && tries === 0) {
      this.trials.set(position, { tries: 1, notBefore: Date.now() });
      return;
    }
    const { retryFirstMs, retryMostMs } = this.m.times;
    this.trials.set(position, {
      tries: tries + 1,
      notBefore: Date.now() + growing(tries, retryFirstMs, retryMostMs),
    });
  }
}
