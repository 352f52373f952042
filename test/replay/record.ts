import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { Client, Connection } from '@temporalio/client';
import proto from '@temporalio/proto';

/**
 * Records a run's history for replay.test.ts, once per release: node test/replay/record.ts --workflow-id ID
 * --name alpaca.0.1.0. A history that exists is never overwritten. The file is the protobuf message
 * temporal.api.history.v1.History as the server sent it.
 */
const { values } = parseArgs({
  options: {
    address: { type: 'string', default: '127.0.0.1:7233' },
    'workflow-id': { type: 'string' },
    'run-id': { type: 'string' },
    name: { type: 'string' },
  },
});
const { 'workflow-id': workflowId, 'run-id': runId, name, address } = values;
if (!workflowId || !name)
  throw new Error('Give --workflow-id and --name (and --run-id for a run that continued as new).');

const connection = await Connection.connect({ address });
const history = await new Client({ connection }).workflow.getHandle(workflowId, runId).fetchHistory();
const path = new URL(`./histories/${name}.pb`, import.meta.url);
const bytes = proto.temporal.api.history.v1.History.encode(history).finish();
await writeFile(path, bytes, { flag: 'wx' });
await connection.close();
console.log(`${history.events?.length} events recorded in ${path.pathname}`);
