import { Linter } from 'eslint';
import tseslint from 'typescript-eslint';
import houseTime from '../../tools/eslint/house-time.cjs';

const linter = new Linter();

function broken(area: keyof typeof houseTime, text: string): number {
  const rules = { 'no-restricted-syntax': houseTime[area] };
  const config: Linter.Config = { files: ['**/*.ts'], languageOptions: { parser: tseslint.parser }, rules };
  return linter.verify(text, config, { filename: 'x.ts' }).length;
}

describe('time', () => {
  it.each(['Date.now()', 'new Date()', 'Math.random()', 'performance.now()', 'setTimeout(() => {}, 1)'])(
    'is passed to the domain and to the engine: the linter refuses %s there',
    (expression) => {
      expect(broken('domain', `export const x = ${expression};`)).toBe(1);
      expect(broken('engine', `export const x = ${expression};`)).toBe(1);
    },
  );

  it('may be made of a time that is given', () => {
    expect(broken('domain', 'export const x = (ms: number) => new Date(ms).toISOString();')).toBe(0);
  });

  it("is read in workflow code from Temporal's clock only, which replays", () => {
    expect(broken('workflows', 'export const x = Date.now() + Math.random();')).toBe(0);
    expect(broken('workflows', 'export const x = performance.now();')).toBe(1);
    expect(broken('workflows', 'export const x = process.hrtime();')).toBe(1);
  });
});
