import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { resetConnection } from '../../sandbox/exchange/server/reset';
import { Line } from './line';

describe('a line of the campaign', () => {
  let server: Server;
  let line: Line;
  let heard: string;
  /** Told of each thing that the far end hears. */
  let hears: () => void;
  const clients: Socket[] = [];

  beforeEach(async () => {
    heard = '';
    hears = () => undefined;
    server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.on('data', (data) => {
        heard += data.toString();
        socket.write(`re ${data.toString()}`);
        hears();
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    line = await Line.to((server.address() as AddressInfo).port);
  });
  afterEach(() => {
    for (const client of clients.splice(0)) client.destroy();
    line.end();
    server.close();
  });

  async function client(): Promise<Socket> {
    const socket = connect(line.port, '127.0.0.1');
    clients.push(socket);
    await once(socket, 'connect');
    return socket;
  }

  async function ask(socket: Socket, text: string): Promise<string> {
    socket.write(text);
    const [data] = (await once(socket, 'data')) as [Buffer];
    return data.toString();
  }

  it('passes on what is said, both ways', async () => {
    expect(await ask(await client(), 'one')).toBe('re one');
  });

  it('resets every connection, and takes new ones', async () => {
    const socket = await client();
    await ask(socket, 'one');
    const lost = once(socket, 'data');
    expect(await line.cut('reset', Promise.resolve())).toBe(1);
    await expect(lost).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(await ask(await client(), 'two')).toBe('re two');
  });

  it('holds back what is said while it is silent, and loses nothing', async () => {
    const socket = await client();
    await ask(socket, 'one');
    const whole = line.cut('silent', pause(100));
    const answer = ask(socket, 'two');
    await whole;
    expect(heard).toBe('one');
    expect(await answer).toBe('re two');
  });

  it('closes what takes its leave just then', async () => {
    const socket = await client();
    const closed = once(socket, 'close');
    socket.end();
    await new Promise((resolve) => process.nextTick(resolve));
    resetConnection(socket);
    await closed;
  });

  it('loses the answers to what was heard, and then the connection', async () => {
    const socket = await client();
    await ask(socket, 'one');
    const lost = ask(socket, 'two');
    const whole = line.cut('answersLost', new Promise<void>((resolve) => (hears = resolve)));
    await expect(lost).rejects.toMatchObject({ code: 'ECONNRESET' });
    await whole;
    expect(heard).toBe('onetwo');
  });
});
