import assert from 'node:assert/strict';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { MODEL } from '../../../workers/offline-teacher/protocol.ts';
import { startOfflineTeacher } from '../../../workers/offline-teacher/server.ts';
import { freePort } from '../../s3/versitygw.ts';
import { alpaca, ROOT } from '../command.ts';
import { type Part, partsOf, runPart } from './shell.ts';

/**
 * docs/tutorial.md as a reader types it: its blocks of `sh`, in order, in one folder. The endpoint of the reader's own is an
 * offline teacher that wants a key.
 */
describe('the tutorial', () => {
  let folder: string;
  let teacher: Awaited<ReturnType<typeof startOfflineTeacher>>;
  let env: NodeJS.ProcessEnv;
  let port: number;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'alpaca-tutorial-'));
    teacher = await startOfflineTeacher({ apiKey: 'of-the-reader' });
    port = await freePort();
    // In a checkout `npx alpaca` is the checkout's own command.
    const npx = join(folder, 'npx');
    await writeFile(npx, `#!/bin/sh\nshift\nexec "${process.execPath}" "${ROOT}bin/alpaca.mjs" "$@"\n`);
    await chmod(npx, 0o755);
    env = {
      ...process.env,
      ...{ PATH: `${folder}:${process.env.PATH}`, ALPACA_STATE: join(folder, '.alpaca') },
      ...{ OPENAI_BASE_URL: teacher.url, OPENAI_API_KEY: 'of-the-reader', OPENAI_MODEL: MODEL },
    };
  });
  after(async () => {
    await alpaca(join(folder, '.alpaca'), ['down']);
    await teacher.close();
    await rm(folder, { recursive: true, force: true });
  });

  const said = new Map<string, string>();
  const run = async ({ heading, script }: Part) => {
    const begun = Date.now();
    const { code, stdout, stderr } = await runPart(script.replaceAll('8290', String(port)), folder, env);
    console.log(`# ${heading}: ${((Date.now() - begun) / 60_000).toFixed(1)} min`);
    assert.equal(code, 0, `${heading}\n${stdout}${stderr}`);
    said.set(heading, stdout + stderr);
  };

  for (const part of partsOf('docs/tutorial.md')) it(`is run: ${part.heading}`, () => run(part));

  it('has generated, filtered and trained what it says', async () => {
    assert.match(said.get('2. Rows, and a look at them') ?? '', /^2\d\d rows in .*rows\.jsonl/m);
    assert.match(said.get('3. Filter') ?? '', /of 2\d\d rows kept in/);
    assert.match(said.get('4. One durable run') ?? '', /^held-out loss +\d/m);
    assert.match(said.get('5. Ask it') ?? '', /"object":"chat\.completion"/);
    assert.match(said.get('6. Release') ?? '', /claims could be checked, and hold$/m);
    const rows: unknown = JSON.parse(
      await readFile(join(folder, 'library/release/alpaca_data.json'), 'utf8'),
    );
    assert.ok(Array.isArray(rows) && rows.length >= 150);
  });
});
