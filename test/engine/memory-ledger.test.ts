import { MemoryLedger } from '../support/memory-ledger';
import { describeLedger } from './ledger-contract';

const ledger = new MemoryLedger();

describeLedger('the ledger in memory', () => ledger);
