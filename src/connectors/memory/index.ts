export { generatedContent, textContent, type MemoryContent } from './content';
export { MemorySource } from './source';
export { MemoryStore, type MemoryFolder, type MemoryItem } from './store';
export { MemoryTarget, type MemoryTargetOptions } from './target';
export { directWire, type MemoryWire, type WireKind, type WireRequest } from './wire';
