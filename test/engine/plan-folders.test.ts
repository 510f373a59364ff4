import { Fault } from '../../src/domain/faults';
import { everything } from '../../src/domain/item-filter';
import { lostAnswer } from './model/faults';
import { PairScene } from './pair-builder';

describe('planFolders', () => {
  it('makes the target folders, parents before children, and numbers them for good', async () => {
    const scene = new PairScene();
    const parent = scene.source.addFolder({ name: 'Projects' });
    scene.source.addFolder({ name: 'Deep', parentId: parent, folderClass: 'IPF.Appointment' });
    const plan = await scene.plan();
    expect(plan).toMatchObject({ kind: 'planned', refused: [] });
    expect(plan.kind === 'planned' && plan.folders.map(({ position, kind }) => [position, kind])).toEqual([
      [0, 'mail'],
      [1, 'mail'],
      [2, 'calendar'],
    ]);
    const names = [...scene.target.folders.values()].map(({ name, parentId }) => [
      name,
      parentId !== undefined,
    ]);
    expect(names).toEqual([
      ['Posteingang', false],
      ['Projects', false],
      ['Deep', true],
    ]);
    scene.source.folder(parent).name = 'Renamed';
    scene.source.addFolder({ name: 'New' });
    scene.open();
    const again = await scene.plan();
    expect(again.kind === 'planned' && again.folders.map(({ position }) => position)).toEqual([0, 1, 2, 3]);
    expect([...scene.target.folders.values()].map(({ name }) => name)).toEqual([
      'Posteingang',
      'Renamed',
      'Deep',
      'New',
    ]);
  });

  it('counts the whole mailbox in an opening that has listed it, or follows a plan that came to its end', async () => {
    const gone = new Fault({ kind: 'fatal', side: 'target' }, { code: 'Full', remedy: 'wait', message: '' });
    let made = 0;
    const scene = new PairScene({
      wrapTarget: (target) => {
        const ensureFolder = target.ensureFolder.bind(target);
        return Object.assign(target, {
          ensureFolder: (...given: Parameters<typeof ensureFolder>) =>
            (made += 1) === 2 ? Promise.reject(gone) : ensureFolder(...given),
        });
      },
    });
    scene.source.addItem(scene.source.addFolder({ name: 'Projects' }));
    await expect(scene.plan()).rejects.toBe(gone);
    const opened = async () => {
      scene.open();
      const { remaining } = await scene.pair.readCounters();
      return [scene.pair.countsAll, remaining];
    };
    expect(await opened()).toEqual([false, 0]);
    await scene.plan(2);
    expect([scene.pair.countsAll, scene.pair.counters().remaining]).toEqual([true, 1]);
    expect(await opened()).toEqual([true, 1]);
  });

  it('waits for nothing where the pair is new', async () => {
    const scene = new PairScene();
    await scene.plan(1);
    expect(scene.time.monotonic()).toBe(0);
  });

  it('waits until nothing more can come where the ledger of a pair was lost', async () => {
    const scene = new PairScene();
    await scene.plan(12);
    expect(scene.time.monotonic()).toBe(25_000);
  });

  it('finds the folder it made when the answer was lost', async () => {
    let lost = false;
    const scene = new PairScene({
      wrapTarget: (target) => {
        const ensureFolder = target.ensureFolder.bind(target);
        return Object.assign(target, {
          ensureFolder: async (...given: Parameters<typeof ensureFolder>) => {
            const folder = await ensureFolder(...given);
            if (!lost) {
              lost = true;
              throw lostAnswer();
            }
            return folder;
          },
        });
      },
    });
    scene.source.addFolder({ name: 'Once' });
    await scene.plan();
    expect([...scene.target.folders.values()].map(({ name }) => name)).toEqual(['Posteingang', 'Once']);
  });

  it('names a folder the target refuses, with those in it, and goes on with the others', async () => {
    const refused = new Fault(
      { kind: 'folder', side: 'target', reason: 'refused' },
      { code: 'No', remedy: 'checkFolder', message: 'not that name' },
      true,
    );
    const scene = new PairScene({
      wrapTarget: (target) => {
        const ensureFolder = target.ensureFolder.bind(target);
        return Object.assign(target, {
          ensureFolder: async (...given: Parameters<typeof ensureFolder>) => {
            if (given[0].name === 'Refused') throw refused;
            return ensureFolder(...given);
          },
        });
      },
    });
    const parentId = scene.source.addFolder({ name: 'Refused' });
    scene.source.addFolder({ name: 'Child', parentId });
    scene.source.addFolder({ name: 'Other' });
    const plan = await scene.plan();
    expect(plan).toMatchObject({
      kind: 'planned',
      folders: [{ position: 0 }, { position: 3 }],
      refused: [1, 2],
    });
    expect(await scene.copy({ position: 1 })).toMatchObject({ kind: 'refused', text: { code: 'No' } });
  });

  it('stops where a mailbox known as full lists as empty', async () => {
    const scene = new PairScene();
    const key = scene.add('one');
    await scene.planAndCopy();
    scene.source.removeItem(scene.inbox, key);
    scene.open();
    await expect(scene.plan()).rejects.toMatchObject({
      details: { kind: 'fatal', side: 'source' },
      text: { code: 'SourceEmpty', remedy: 'checkSourceMailbox' },
    });
    expect(scene.texts()).toEqual(['one']);
  });

  it('is refused by a higher fence and answers with it', async () => {
    const scene = new PairScene();
    await scene.plan(9);
    expect(await scene.plan(9)).toEqual({ kind: 'fenced', by: 9 });
  });

  it('writes nothing beside the next plan once it was given up', async () => {
    const scene = new PairScene();
    await scene.plan();
    const takeFolder = scene.ledger.takeFolder.bind(scene.ledger);
    let release = () => {};
    const released = new Promise<void>((resolve) => (release = resolve));
    let isReached = () => {};
    const reached = new Promise<void>((resolve) => (isReached = resolve));
    scene.ledger.takeFolder = async (...given) => {
      isReached();
      await released;
      return takeFolder(...given);
    };
    const givenUp = scene.plan();
    await reached;
    scene.ledger.takeFolder = takeFolder;
    await scene.plan(undefined, { ...everything, leaveOutFolders: ['inbox'] });
    release();
    expect(await givenUp).toEqual({ kind: 'fenced', by: 3 });
    const inbox = { pairId: scene.pair.id, folderKey: scene.inbox };
    expect((await scene.ledger.folder(inbox))?.plan.leftOut).toBe(true);
  });

  it('closes a folder that the source no longer has', async () => {
    const scene = new PairScene();
    scene.add('stays');
    const gone = scene.source.addFolder({ name: 'Gone' });
    await scene.plan();
    scene.source.removeFolder(gone);
    const plan = await scene.plan();
    expect(plan.kind === 'planned' && plan.folders.map(({ position }) => position)).toEqual([0]);
    expect(await scene.copy({ position: 1 })).toEqual({ kind: 'gone' });
  });
});
