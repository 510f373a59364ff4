import type { Operation } from '../call';
import { createAttachment, deleteAttachment, getAttachment } from './attachments';
import { getUserAvailability } from './availability';
import { convertId } from './convert-id';
import { copyItem, moveItem } from './copy-move-item';
import { createFolder } from './create-folder';
import { createItem } from './create-item';
import { deleteItem } from './delete-item';
import { findFolder } from './find-folder';
import { findItem } from './find-item';
import { getFolder } from './get-folder';
import { getItem } from './get-item';
import { getUserOofSettings, setUserOofSettings } from './out-of-office';
import { deleteFolder, emptyFolder, moveFolder } from './remove-folder';
import { resolveNames } from './resolve-names';
import { getServerTimeZones } from './server-time-zones';
import { syncFolderHierarchy } from './sync-folder-hierarchy';
import { syncFolderItems } from './sync-folder-items';
import { updateFolder } from './update-folder';
import { updateItem } from './update-item';
import { getUserConfiguration } from './user-configuration';

/** Every operation by the name of its request element. */
export const OPERATIONS: Readonly<Record<string, Operation>> = {
  ConvertId: convertId,
  CopyItem: copyItem,
  CreateAttachment: createAttachment,
  CreateFolder: createFolder,
  CreateItem: createItem,
  DeleteAttachment: deleteAttachment,
  DeleteFolder: deleteFolder,
  DeleteItem: deleteItem,
  EmptyFolder: emptyFolder,
  FindFolder: findFolder,
  FindItem: findItem,
  GetAttachment: getAttachment,
  GetFolder: getFolder,
  GetItem: getItem,
  GetServerTimeZones: getServerTimeZones,
  GetUserAvailabilityRequest: getUserAvailability,
  GetUserConfiguration: getUserConfiguration,
  GetUserOofSettingsRequest: getUserOofSettings,
  MoveFolder: moveFolder,
  MoveItem: moveItem,
  ResolveNames: resolveNames,
  SetUserOofSettingsRequest: setUserOofSettings,
  SyncFolderHierarchy: syncFolderHierarchy,
  SyncFolderItems: syncFolderItems,
  UpdateFolder: updateFolder,
  UpdateItem: updateItem,
};
