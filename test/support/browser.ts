import { readFileSync } from 'node:fs';
import { chromium as engine, type Browser, type Page } from 'playwright-core';
import { needs } from './needs';

/** The browser that people's pages are tried in; `chromium.it` for tests with it. */
export const chromium = needs('chromium', 'the browser, for example `apt-get install chromium`');

/** Starts it without a window; it asks nothing of the network but the pages. */
export function launchBrowser(): Promise<Browser> {
  const quiet = ['background-networking', 'component-update', 'sync', 'quic', 'gpu'].map(
    (what) => `--disable-${what}`,
  );
  return engine.launch({ executablePath: chromium.path, args: ['--no-sandbox', '--no-first-run', ...quiet] });
}

const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

/**
 * What axe finds wrong with the page as it stands, one line each.
 * @param rules only these; absent: all
 */
export async function axeFinds(page: Page, rules?: readonly string[]): Promise<string[]> {
  await page.evaluate(axe);
  const options = rules === undefined ? '' : JSON.stringify({ runOnly: { type: 'rule', values: rules } });
  const found = await page.evaluate<{
    violations: { id: string; help: string; nodes: { html: string }[] }[];
  }>(`axe.run(${options})`);
  return found.violations.map(
    ({ id, help, nodes }) => `${id}: ${help}: ${nodes.map(({ html }) => html).join(' | ')}`,
  );
}
