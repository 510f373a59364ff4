import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Router, type Response } from 'express';
import { viewsFolder } from '../locales';

interface Asset {
  type: string;
  body: string;
}

/** Every asset by its name; read once. */
const served = loadAssets();
const version = hash([...served.values()].map(({ body }) => body).join('\n'));

/** The path under which pages name an asset; another one after each change, so that browsers may keep it for ever. */
export const assetPath = (name: string): string => `/assets/${version}/${name}`;

/**
 * Styles, scripts and pictures under `/assets`, all served by ourselves.
 *
 * Tabler's style sheet draws its little pictures from `data:` addresses, which `Content-Security-Policy: 'self'` forbids:
 * they are served as files of their own.
 */
export function assets(): Router {
  const router = Router();
  router.get('/:version/*name', (request, response, next) => {
    const asset = served.get(request.params.name.join('/'));
    if (asset === undefined) next();
    else send(response, asset, request.params.version === version);
  });
  router.use((_request, response) => {
    response.status(404).type('text/plain').send('Not found');
  });
  return router;
}

function loadAssets(): Map<string, Asset> {
  const loaded = new Map<string, Asset>();
  const own = (name: string): string => read(join(viewsFolder, 'assets', name));
  const tabler = join(dirname(require.resolve('@tabler/core/package.json')), 'dist/css/tabler.min.css');
  loaded.set('tabler.css', css(withoutDataAddresses(read(tabler), loaded)));
  loaded.set('mailporter.css', css(own('mailporter.css')));
  loaded.set('theme.js', script(own('theme.js')));
  loaded.set('mailporter.js', script(own('mailporter.js')));
  loaded.set('htmx.js', script(read(require.resolve('htmx.org/dist/htmx.min.js'))));
  loaded.set('icon.svg', { type: 'image/svg+xml', body: own('icon.svg') });
  return loaded;
}

function send(response: Response, { type, body }: Asset, current: boolean): void {
  response
    .set('Cache-Control', current ? 'public, max-age=31536000, immutable' : 'no-cache')
    .type(type)
    .send(body);
}

function read(path: string): string {
  return readFileSync(path, 'utf8');
}

function css(body: string): Asset {
  return { type: 'text/css', body: body.replace(/\/\*# sourceMappingURL=.*$/m, '') };
}

function script(body: string): Asset {
  return { type: 'text/javascript', body };
}

function withoutDataAddresses(sheet: string, loaded: Map<string, Asset>): string {
  return sheet.replaceAll(/url\("data:image\/svg\+xml,([^"]*)"\)/g, (_whole, svg: string) => {
    const body = svg.includes('%3') ? decodeURIComponent(svg) : svg.replaceAll('%23', '#');
    const name = `tabler/${hash(body)}.svg`;
    loaded.set(name, { type: 'image/svg+xml', body });
    return `url(${name})`;
  });
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}
