import { request } from 'node:http';

/** Asks the run's global set-up for the address or path of a shared part; it is started or made when nobody has asked before. */
export function sharedPart(name: 'temporal' | 'mongodb' | 'workflows'): Promise<string> {
  const door = process.env.MAILPORTER_TEST_PARTS;
  if (!door) throw new Error('Shared parts are given by the global set-up of jest; run this by `npx jest`.');
  return new Promise((resolve, reject) => {
    // A connection kept from the test file before may be closed by the door in the very moment it is used again.
    const asking = request(`${door}/${name}`, { agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (more: string) => (text += more));
      response.once('end', () => (response.statusCode === 200 ? resolve(text) : reject(new Error(text))));
    });
    asking.once('error', reject).end();
  });
}
