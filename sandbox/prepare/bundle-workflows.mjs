import { writeFileSync } from 'node:fs';
import { DefaultLogger, bundleWorkflowCode } from '@temporalio/worker';

/** Usage: bundle-workflows.mjs <entry> <file>. Writes the workflows as one file, which a worker loads in a moment. */
const [workflowsPath, file] = process.argv.slice(2);
const { code } = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('WARN') });
writeFileSync(file, code);
