import { chmod, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { MongoBinary } from 'mongodb-memory-server-core';

/** Usage: download-mongodb.mjs <version> <folder>. Leaves `mongod` of that version in the folder. */
const [version, folder] = process.argv.slice(2);
const path = await MongoBinary.getPath({ version, downloadDir: folder, checkMD5: false });
const program = process.platform === 'win32' ? 'mongod.exe' : 'mongod';
await rename(path, join(folder, program));
await chmod(join(folder, program), 0o755);
