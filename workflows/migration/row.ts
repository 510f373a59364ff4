import {
  CancellationScope,
  condition,
  patched,
  setCurrentDetails,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import type { Summarise } from '../../activities/project';
import type { FaultText } from '../../src/domain/faults';
import type { Actor, MigrationState } from '../../src/domain/migration';
import type { Side } from '../../src/domain/mailbox';
import { searchAttributes } from '../names';
import { listing, short } from '../proxies';
import { takePause } from './asks';
import type { Migration } from './migration';
import { Overtaken } from './overtaken';

/** What the pages show of a migration: its view, kept written in the database. */
export class Row {
  private dirty = false;
  private writing = false;

  constructor(private readonly m: Migration) {}

  /** Changes the state that the pages show; a time line gains a line each time it is another one. */
  setState(state: MigrationState, why: { by?: Actor; fault?: FaultText } = {}): void {
    const { carry, view } = this.m;
    if (view.state === state) return;
    const at = this.m.now();
    Object.assign(view, { state, since: at });
    carry.lines.push({ state, at, ...why });
    upsertSearchAttributes({ [searchAttributes.state]: [state] });
    this.touch();
  }

  /** Says what is waited out, or takes it away again. */
  showFault(text: FaultText | undefined): void {
    const { view } = this.m;
    if (view.fault?.text.code === text?.code && view.fault?.text.message === text?.message) return;
    if (text === undefined) delete view.fault;
    else view.fault = { text };
    this.touch();
  }

  /** Has the view written soon. */
  touch(): void {
    this.dirty = true;
    this.describe();
    if (!this.writing) void this.m.background(() => this.write());
  }

  /** Waits until the view is written as it is now. Throws `Overtaken`. */
  async flush(): Promise<void> {
    await condition(() => this.isWritten || this.m.crash !== undefined);
    if (this.m.crash?.error instanceof Overtaken) throw this.m.crash.error;
  }

  /** Writes the view with the sums of the pair's ledger. To be called when nothing is copied any more. */
  async writeSummary(pairId: string, whole: boolean): Promise<void> {
    await this.flush();
    this.m.carry.revision += 1;
    await this.writeOnce({ pairId, whole, opening: this.m.carry.opening + 1 });
  }

  /** Whether the view is written as it is now. */
  get isWritten(): boolean {
    return !this.writing && !this.dirty;
  }

  private async write(): Promise<void> {
    this.writing = true;
    await CancellationScope.nonCancellable(async () => {
      try {
        while (this.dirty) {
          this.dirty = false;
          this.m.carry.revision += 1;
          await this.writeOnce();
        }
      } finally {
        // In the same step as the last look: what is touched afterwards begins a writing of its own.
        this.writing = false;
      }
    });
  }

  /** A projection that stands higher was written by a run that this one has replaced, or forgotten by Temporal: it goes above it. */
  private async writeOnce(summarise?: Summarise): Promise<void> {
    const { carry, mailUserId, runId } = this.m;
    const timeline = carry.lines.splice(0);
    for (;;) {
      const { epoch, revision } = carry;
      const { usedCredentialIds } = this.m;
      const { wantedPass } = carry;
      const view = {
        ...carry.view,
        checking: Object.keys(carry.checking) as Side[],
        usedCredentialIds,
        ...(wantedPass && { wantedPass }),
      };
      const write = { mailUserId, epoch, revision, runId, view, timeline };
      const options = { summary: `${view.state}, revision ${epoch}.${revision}` };
      const answer =
        summarise === undefined
          ? await short.project.executeWithOptions(options, [write])
          : await listing.project.executeWithOptions(options, [{ ...write, summarise }]);
      if (answer.kind === 'written') return;
      if (answer.kind === 'gone' || answer.hasEnded) {
        // Before, a run whose row was deleted went on to its end.
        if (patched('overtaken')) throw new Overtaken();
        return;
      }
      if (answer.pausedBy !== undefined) takePause(this.m, { by: answer.pausedBy });
      carry.epoch = Math.max(epoch, answer.epoch);
      carry.revision = answer.revision + 1;
    }
  }

  /** What an operator reads on top of the workflow in the Temporal UI. */
  private describe(): void {
    const { facts, place, opening, fence, epoch } = this.m.carry;
    const { state, since, wanted, fault } = this.m.view;
    const lines = [
      `**${facts.sourceAddress}** → **${facts.targetAddress}**`,
      `${state} since ${since}, epoch ${epoch}`,
    ];
    if (wanted.length > 0) lines.push(`sign-in wanted: ${wanted.join(', ')}`);
    if (opening > 0) lines.push(`opening ${opening}, fence ${fence}`);
    if (state === 'working')
      lines.push(
        `${place.step}, sweep ${place.sweep}: ${place.todo.length} folders to do, ${place.changes} changes`,
      );
    if (fault !== undefined) lines.push(`${fault.text.code}: ${fault.text.message}`);
    setCurrentDetails(lines.join('\n\n').slice(0, 2000));
  }
}
