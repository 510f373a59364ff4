import type { Client } from '@temporalio/client';
import { once, EventEmitter } from 'node:events';
import { GateBell } from '../../activities/gate-bell';
import { createLogger } from '../../src/log';

it('tells the gate at once, and once more of all who rang before it was heard', async () => {
  const gate = new EventEmitter();
  let signals = 0;
  const signal = async () => {
    signals += 1;
    const answered = once(gate, 'answers');
    gate.emit('heard');
    await answered;
  };
  const client = { workflow: { getHandle: () => ({ signal }) } } as unknown as Client;
  const bell = new GateBell({ client, log: createLogger('worker', 'silent') });
  bell.ring();
  expect(signals).toBe(1);
  for (let n = 0; n < 1000; n += 1) bell.ring();
  const again = once(gate, 'heard');
  gate.emit('answers');
  await again;
  gate.emit('answers');
  expect(signals).toBe(2);
});
