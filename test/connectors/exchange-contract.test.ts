import { describeConnector } from './contract';
import { exchangeHarness } from './exchange-harness';

describeConnector('exchange', exchangeHarness);
