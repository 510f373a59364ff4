import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { endLeftovers, SharedParts } from './shared-parts';

declare global {
  var endSharedParts: (() => Promise<void>) | undefined;
}

/**
 * Opens a door, MAILPORTER_TEST_PARTS, at which test files ask for the parts they share (`temporal`, `mongodb`, `workflows`). A part
 * is started when it is asked for first: a run of tests that need none starts none.
 */
export default async function globalSetup(): Promise<void> {
  await endLeftovers();
  const parts = new SharedParts();
  const door = createServer((request, response) => {
    if (request.url === '/temporal') return void answer(response, parts.temporal());
    if (request.url === '/mongodb') return void answer(response, parts.mongodb());
    if (request.url === '/workflows') return void answer(response, parts.workflows());
    response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => door.listen(0, '127.0.0.1', resolve));
  door.unref();
  process.env.MAILPORTER_TEST_PARTS = `http://127.0.0.1:${(door.address() as AddressInfo).port}`;

  const interrupted = () => {
    parts.killNow();
    process.exit(130);
  };
  process.once('SIGINT', interrupted).once('SIGTERM', interrupted);
  globalThis.endSharedParts = async () => {
    process.off('SIGINT', interrupted).off('SIGTERM', interrupted);
    door.close();
    door.closeAllConnections();
    await parts.end();
  };
}

async function answer(response: ServerResponse, part: Promise<string>): Promise<void> {
  try {
    response.end(await part);
  } catch (fault) {
    response.writeHead(503).end(fault instanceof Error ? fault.message : String(fault));
  }
}
