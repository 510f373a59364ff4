import { writeFileSync } from 'node:fs';
import { DefaultLogger, bundleWorkflowCode } from '@temporalio/worker';

/** Usage: bundle-workflows.mjs <entry> <file>. Writes the workflows as one file, which a worker loads in a moment. */
const [workflowsPath, file] = process.argv.slice(2);
const { code } = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('WARN') });
writeFileSync(file, withoutSources(code));

/** A worker keeps the source map in memory, in each of its isolates; lines are found without the sources themselves. */
function withoutSources(bundle) {
  const map = /(\/\/# sourceMappingURL=data:application\/json[^,]*;base64,)([A-Za-z0-9+/=]+)/;
  return bundle.replace(map, (_all, start, base64) => {
    const { sourcesContent: _left, ...rest } = JSON.parse(Buffer.from(base64, 'base64').toString());
    return start + Buffer.from(JSON.stringify(rest)).toString('base64');
  });
}
