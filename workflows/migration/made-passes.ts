import type { Migration } from './migration';

const passesKept = 20;

/** The pass of the order at hand begins, unless it had been begun before an interruption. */
export function beginPass(m: Migration): void {
  const { carry, view } = m;
  if (carry.isPassing) return;
  const { kind } = carry.order;
  carry.isPassing = true;
  // A cut-over stays asked for until it has ended: Retry makes it again where it failed.
  if (carry.wantedPass === 'delta') delete carry.wantedPass;
  delete view.nextPass;
  view.passes = [...(view.passes ?? []), { kind, beganAt: m.now() }].slice(-passesKept);
}

/** To be followed by another state, which has it written. */
export function endPass(m: Migration): void {
  const { carry, view } = m;
  carry.isPassing = false;
  if (carry.order.kind === 'cutOver') delete carry.wantedPass;
  delete carry.sourceChecked;
  delete carry.queuedSince;
  delete view.pass;
  delete view.fault;
  const { passes = [] } = view;
  view.passes = passes.map((pass, n) => (n === passes.length - 1 ? { ...pass, endedAt: m.now() } : pass));
}
