import { textContent } from '../../src/connectors/memory';
import { everything, itemFilter, type FilterSpec } from '../../src/domain/item-filter';
import { PairScene } from './pair-builder';

/** A pass under a filter over the folders it does not leave out. */
async function pass(scene: PairScene, given: Partial<FilterSpec> = {}): Promise<void> {
  const spec = { ...everything, ...given };
  const plan = await scene.plan(undefined, spec);
  if (plan.kind !== 'planned') throw new Error('fenced');
  for (const { position } of plan.folders) await scene.copy({ position, filter: itemFilter(spec) });
}

const old = '2020-05-05T05:05:05.000Z';
const recent = '2026-05-05T05:05:05.000Z';

describe('a pass under a filter', () => {
  const scene = () => {
    const made = new PairScene();
    const add = (text: string, date: string, folder = made.inbox) =>
      made.source.addItem(folder, { content: textContent(text), date });
    return { made, add };
  };

  it('counts what the filter leaves out, and copies it once the filter is wider', async () => {
    const { made, add } = scene();
    add('old', old);
    add('recent', recent);
    await pass(made, { toDate: '2025-12-31' });
    expect(made.texts()).toEqual(['old']);
    expect(made.pair.counters()).toMatchObject({ found: 2, copied: 1, filtered: 1 });
    await pass(made);
    expect(made.texts()).toEqual(['old', 'recent']);
    expect(made.pair.counters()).toMatchObject({ found: 2, copied: 2, filtered: 0 });
  });

  it('removes nothing and doubles nothing where the filter becomes narrower and wider again', async () => {
    const { made, add } = scene();
    add('old', old);
    add('recent', recent);
    await pass(made);
    await pass(made, { fromDate: '2026-01-01' });
    expect(made.texts()).toEqual(['old', 'recent']);
    expect(made.pair.counters()).toMatchObject({ found: 2, copied: 2, filtered: 0 });
    await pass(made);
    expect(made.texts()).toEqual(['old', 'recent']);
  });

  it('copies the newest version once the filter is wider, though only flags were changed since it was left out', async () => {
    const { made, add } = scene();
    const key = add('short', old);
    await pass(made);
    made.source.changeItem(made.inbox, key, { content: textContent('too long by now') });
    await pass(made, { greatestSizeBytes: 10 });
    made.source.setRead(made.inbox, key, true);
    await pass(made, { greatestSizeBytes: 10 });
    expect(made.texts()).toEqual(['short']);
    await pass(made);
    expect(made.texts()).toEqual(['too long by now']);
    expect(made.target.items(made.targetInbox)).toMatchObject([{ read: true }]);
  });

  it('takes what failed and is left out now for left out, and copies it once it is wanted again', async () => {
    const { made, add } = scene();
    const key = add('a long one', old);
    made.target.refuses = () => ({ code: 'No', remedy: 'none', message: 'not that' });
    await pass(made);
    expect(made.pair.counters()).toMatchObject({ found: 1, failed: 1, filtered: 0 });
    await pass(made, { greatestSizeBytes: 3 });
    expect(made.pair.counters()).toMatchObject({ found: 1, failed: 0, filtered: 1 });
    made.target.refuses = () => undefined;
    await pass(made);
    expect(await made.entry(key)).toMatchObject({ outcome: { kind: 'copied' } });
    expect(made.texts()).toEqual(['a long one']);
  });

  it('leaves a version that failed before and is left out now on a retry too, and misses nothing when both are compared', async () => {
    const { made, add } = scene();
    const key = add('short', old);
    add('recent', recent);
    const spec = { ...everything, greatestSizeBytes: 5 };
    await pass(made, spec);
    made.source.changeItem(made.inbox, key, { content: textContent('too long by now') });
    made.target.refuses = () => ({ code: 'No', remedy: 'none', message: 'not that' });
    await pass(made, { toDate: '2025-12-31' });
    expect(await made.entry(key)).toMatchObject({ outcome: { kind: 'failed' } });
    made.target.refuses = () => undefined;
    await made.plan(undefined, spec);
    await made.copy({ filter: itemFilter(spec), retry: 'first' });
    expect(made.texts()).toEqual(['short']);
    expect(await made.verify(spec)).toMatchObject({ findings: { missing: 0 }, repair: [] });
  });

  it('makes no target folder for what is left out, except on the way to one that is copied, and counts its items', async () => {
    const { made, add } = scene();
    const outside = made.source.addFolder({ name: 'Outside' });
    const way = made.source.addFolder({ name: 'Way' });
    const wanted = made.source.addFolder({ name: 'Wanted', parentId: way });
    for (const folder of [outside, way, wanted]) add('one', old, folder);
    add('two', old, outside);
    await pass(made, { onlyFolders: ['Way/Wanted'] });
    expect([...made.target.folders.values()].map(({ name }) => name)).toEqual([
      'Posteingang',
      'Way',
      'Wanted',
    ]);
    expect(made.pair.counters()).toMatchObject({
      folders: 1,
      foldersDone: 1,
      found: 4,
      copied: 1,
      filtered: 3,
    });
    expect((await made.verify()).repair).toEqual([]);
    made.open();
    await pass(made);
    expect(made.pair.counters()).toMatchObject({
      folders: 4,
      foldersDone: 4,
      found: 4,
      copied: 4,
      filtered: 0,
    });
  });

  it('leaves what was copied of a folder that is left out later, and goes on with it when it comes back', async () => {
    const { made, add } = scene();
    const folder = made.source.addFolder({ name: 'Folder' });
    add('one', old, folder);
    await pass(made);
    const inTarget = [...made.target.folders.values()].find(({ name }) => name === 'Folder')?.id ?? '';
    add('two', old, folder);
    await pass(made, { leaveOutFolders: ['Folder'] });
    expect(made.texts(inTarget)).toEqual(['one']);
    expect(made.pair.counters()).toMatchObject({ found: 2, copied: 1, filtered: 1 });
    expect((await made.verify()).repair).toEqual([]);
    await pass(made);
    expect(made.texts(inTarget)).toEqual(['one', 'two']);
    expect(made.pair.counters()).toMatchObject({ found: 2, copied: 2, filtered: 0 });
  });
});

describe('planFolders', () => {
  it('tells how much there is as soon as the source has listed its folders', async () => {
    const seen: number[] = [];
    const scene: PairScene = new PairScene({
      wrapTarget: (target) => {
        const ensureFolder = target.ensureFolder.bind(target);
        return Object.assign(target, {
          ensureFolder: (...given: Parameters<typeof ensureFolder>) => {
            seen.push(scene.pair.counters().remaining);
            return ensureFolder(...given);
          },
        });
      },
    });
    scene.add('one');
    scene.add('two');
    await scene.plan();
    expect(seen).toEqual([2]);
  });
});
