import {
  CalendarFolder,
  ContactsFolder,
  ExtendedPropertyDefinition,
  Folder,
  FolderId,
  Guid,
  MapiPropertyType,
  PropertySet,
  BasePropertySet,
  TasksFolder,
  type ExchangeService,
} from 'ews-javascript-api';
import type { PlannedFolder, SendWindow, TargetFolder } from '../connector';
import {
  family,
  folderMarkName,
  freeName,
  markedFolder,
  matchingFolder,
  readFolderIndex,
} from './folder-index';
import type { FolderIndex, FolderMark, IndexedFolder } from './folder-index';
import { mailporterSet, plainJson } from './item/stamp';
import { withLibrary } from './library';
import { EwsRefusal } from './refusal';
import type { Session } from './session';

/** Finds, makes and follows the folders of a target mailbox, one at a time; the list of them is read once per pair. */
export class TargetFolders {
  private readonly indexes = new Map<string, Promise<FolderIndex>>();
  private last: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly session: Session,
    private readonly rootId: string,
  ) {}

  async ensure(planned: PlannedFolder, window: SendWindow, signal: AbortSignal): Promise<TargetFolder> {
    const turn = this.last.then(() => this.ensureNow(planned, window, signal));
    this.last = turn.catch(() => undefined);
    return turn;
  }

  /** What was listed may no longer hold: a folder was found to be gone. */
  forget(): void {
    this.indexes.clear();
  }

  private async ensureNow(
    planned: PlannedFolder,
    window: SendWindow,
    signal: AbortSignal,
  ): Promise<TargetFolder> {
    signal.throwIfAborted();
    const index = await this.index(planned.pairId, signal);
    try {
      const own = markedFolder(index, planned);
      if (own) return await this.follow(index, own, planned, window, signal);
      const found = matchingFolder(index, planned);
      if (found) return await this.mark(found, planned, window, signal);
      return await this.make(index, planned, window, signal);
    } catch (error) {
      this.forget();
      // Somebody made a folder of this name after the list was read: the next look finds it.
      if (error instanceof EwsRefusal && error.code === 'ErrorFolderExists')
        return await this.retry(planned, window, signal);
      throw error;
    }
  }

  private async retry(
    planned: PlannedFolder,
    window: SendWindow,
    signal: AbortSignal,
  ): Promise<TargetFolder> {
    const index = await this.index(planned.pairId, signal);
    const found = markedFolder(index, planned) ?? matchingFolder(index, planned);
    return found
      ? await this.mark(found, planned, window, signal)
      : await this.make(index, planned, window, signal);
  }

  private index(pairId: string, signal: AbortSignal): Promise<FolderIndex> {
    const known = this.indexes.get(pairId);
    if (known) return known;
    const reading = readFolderIndex(this.session, this.rootId, pairId, signal);
    this.indexes.set(pairId, reading);
    reading.catch(() => this.indexes.delete(pairId));
    return reading;
  }

  /** Takes over a new name or parent of the source; what the user renamed or moved in the target stays as he has it. */
  private async follow(
    index: FolderIndex,
    folder: IndexedFolder,
    planned: PlannedFolder,
    window: SendWindow,
    signal: AbortSignal,
  ): Promise<TargetFolder> {
    const mark = this.markFor(planned);
    const renamed = folder.mark?.n !== mark.n;
    const moved = folder.mark?.p !== mark.p;
    if (folder.mark?.k !== mark.k) return this.mark(folder, planned, window, signal);
    if (folder.wellKnown || (!renamed && !moved)) return { id: folder.id };
    await this.change(window, signal, async (service) => {
      const bound = await bind(service, folder.id);
      if (moved && folder.parentId !== mark.p && (mark.p === index.rootId || index.folders.has(mark.p))) {
        await bound.Move(new FolderId(mark.p));
        folder.parentId = mark.p;
      }
      if (renamed) bound.DisplayName = folder.name = freeName(index, planned);
      setMark(bound, planned.pairId, mark);
      await bound.Update();
    });
    folder.mark = mark;
    return { id: folder.id };
  }

  private async mark(
    folder: IndexedFolder,
    planned: PlannedFolder,
    window: SendWindow,
    signal: AbortSignal,
  ): Promise<TargetFolder> {
    const mark = this.markFor(planned);
    await this.change(window, signal, async (service) => {
      const bound = await bind(service, folder.id);
      setMark(bound, planned.pairId, mark);
      await bound.Update();
    });
    folder.mark = mark;
    return { id: folder.id };
  }

  private async make(
    index: FolderIndex,
    planned: PlannedFolder,
    window: SendWindow,
    signal: AbortSignal,
  ): Promise<TargetFolder> {
    const mark = this.markFor(planned);
    const name = freeName(index, planned);
    const id = await this.change(window, signal, async (service) => {
      const folder = newFolder(service, planned.folderClass);
      folder.DisplayName = name;
      setMark(folder, planned.pairId, mark);
      await folder.Save(new FolderId(mark.p));
      return folder.Id.UniqueId;
    });
    const { folderClass } = planned;
    index.folders.set(id, { id, parentId: mark.p, name, folderClass, isSearch: false, mark });
    return { id };
  }

  private markFor(planned: PlannedFolder): FolderMark {
    return { k: planned.sourceKey, n: planned.name, p: planned.parent?.id ?? this.rootId };
  }

  private change<T>(
    window: SendWindow,
    signal: AbortSignal,
    work: (service: ExchangeService) => Promise<T>,
  ): Promise<T> {
    return withLibrary(this.session, signal, () => window.hold(), work);
  }
}

function bind(service: ExchangeService, id: string): Promise<Folder> {
  return Folder.Bind(service, new FolderId(id), new PropertySet(BasePropertySet.IdOnly));
}

/** Calendars, contacts and tasks are kinds of folder of their own; for any other the class says what it is for. */
function newFolder(service: ExchangeService, folderClass: string): Folder {
  switch (family(folderClass)) {
    case 'APPOINTMENT':
      return new CalendarFolder(service);
    case 'CONTACT':
      return new ContactsFolder(service);
    case 'TASK':
      return new TasksFolder(service);
    default: {
      const folder = new Folder(service);
      folder.FolderClass = folderClass === '' ? 'IPF.Note' : folderClass;
      return folder;
    }
  }
}

function setMark(folder: Folder, pairId: string, mark: FolderMark): void {
  const definition = new ExtendedPropertyDefinition(
    new Guid(mailporterSet),
    folderMarkName(pairId),
    MapiPropertyType.String,
  );
  folder.SetExtendedProperty(definition, plainJson(mark));
}
