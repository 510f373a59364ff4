import { textContent } from '../../src/connectors/memory';
import { PairScene } from './pair-builder';

describe('a mailbox that is moved again after its ledger was lost', () => {
  const moved = async (given: ConstructorParameters<typeof PairScene>[0] = {}) => {
    const scene = new PairScene({ sourcePageItems: 7, ...given });
    const keys = Array.from({ length: 30 }, (_, at) => scene.add(`item ${at}`));
    await scene.planAndCopy();
    await scene.followGone();
    return { scene, keys, texts: scene.texts() };
  };
  const again = async (scene: PairScene) => {
    scene.ledger.lose();
    scene.open();
    await scene.planAndCopy();
    const followed = await scene.followGone({ followDeletions: true });
    expect((await scene.verify()).repair).toEqual([]);
    return followed;
  };

  it('has nothing twice', async () => {
    const { scene, texts } = await moved();
    await again(scene);
    expect(scene.texts()).toEqual(texts);
    expect(scene.pair.counters()).toMatchObject({ found: 30, failed: 0, skipped: 0 });
  });

  it('has nothing twice though its user moved items to a folder of his own', async () => {
    const { scene } = await moved();
    const own = scene.target.addFolder({ name: 'His own' });
    const [first, second] = scene.target.items(scene.targetInbox);
    for (const item of [first, second]) scene.target.moveItem(scene.targetInbox, item?.id ?? '', own);
    await again(scene);
    expect([scene.texts().length, scene.texts(own).length]).toEqual([28, 2]);
  });

  it('follows what was moved at the source meanwhile, and removes nothing that was deleted', async () => {
    const { scene, keys } = await moved();
    scene.source.moveItem(scene.inbox, keys[0] ?? '', scene.inbox);
    scene.source.removeItem(scene.inbox, keys[1] ?? '');
    expect(await again(scene)).toMatchObject({ moved: 1, deleted: 0, kept: 1 });
    expect(scene.texts()).toHaveLength(30);
  });

  it('removes an old version whose newer one was put beside it, and leaves a copy its user made of it', async () => {
    let crashing = false;
    const { scene, keys } = await moved({
      wrapTarget: (target) => {
        const removeItems = target.removeItems.bind(target);
        return Object.assign(target, {
          updateItems: undefined,
          removeItems: (...given: Parameters<typeof removeItems>) =>
            crashing ? Promise.reject(new Error('the worker ends')) : removeItems(...given),
        });
      },
    });
    const old = scene.target.items(scene.targetInbox)[0];
    scene.target.copyItem(scene.targetInbox, old?.id ?? '', scene.targetInbox);
    scene.source.changeItem(scene.inbox, keys[0] ?? '', { content: textContent('newer') });
    crashing = true;
    await expect(scene.copy()).rejects.toThrow('the worker ends');
    crashing = false;
    expect(scene.texts().filter((text) => text === 'item 0')).toHaveLength(2);
    await again(scene);
    expect(scene.texts().filter((text) => text === 'item 0')).toHaveLength(1);
    expect(scene.texts()).toContain('newer');
    expect(scene.target.item(scene.targetInbox, old?.id ?? '')).toBeUndefined();
  });
});
