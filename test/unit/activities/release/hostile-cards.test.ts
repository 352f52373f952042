import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { datasetCard } from '../../../../activities/release/cards/dataset-card.ts';
import { datasheet } from '../../../../activities/release/cards/datasheet.ts';
import { modelCard } from '../../../../activities/release/cards/model-card.ts';
import { cardContents } from '../../../../activities/release/release-contents.ts';
import { finishedRun } from './release-run.ts';

const LICENCE =
  'mine <script>alert(1)</script> [click](javascript:alert(2))\n\n# Heading ![x](http://evil.example/x.png)';
const MARKUP = '<img src=x onerror=alert(3)>';
const SHOWN =
  'mine \\<script>alert(1)\\</script> \\[click](javascript:alert(2)) # Heading !\\[x](http://evil.example/x.png)';

describe('the cards of a release whose licence, and whose run’s id, have markup in them', () => {
  const file = {
    uri: `artifact://rows/${'0'.repeat(64)}/x.jsonl`,
    sha256: '0'.repeat(64),
    bytes: 1,
    rows: 1,
  };
  const run = { ...finishedRun(file, file, file), workflowId: MARKUP };
  const contents = cardContents({
    ...{
      name: 'data',
      licence: LICENCE,
      rows: [],
      run,
      hasSimilarity: false,
      hasPairs: false,
      trainedModel: null,
    },
    publication: {
      splits: { validation: 0, test: 0 },
      weights: [],
      modelLicence: LICENCE,
      baseModel: null,
      pairs: false,
      votes: [],
    },
  });

  for (const [name, text] of Object.entries({
    'data set card': datasetCard(contents),
    'model card': modelCard(contents, 'model'),
    datasheet: datasheet(contents),
  }))
    it(`show it as text: ${name}`, () => {
      const shown = text.replace(/^---\n[\s\S]*?\n---\n/, '');
      assert.ok(shown.includes(SHOWN), shown);
      assert.doesNotMatch(shown, /(?<!\\)<(script|img)|(?<!\\)\[click\]|^# Heading/m);
    });
});
