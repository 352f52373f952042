import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { uploadIn } from '../../../../../activities/artifacts/stores/s3-sweep.ts';

describe('the upload that a manifest names', () => {
  it('is read from it', () => assert.equal(uploadIn('{"upload":"0a1b2c3d","files":[]}'), '0a1b2c3d'));

  for (const text of ['', '{"upload":', '{}', 'null', '{"upload":""}', '{"upload":7}'])
    it(`is not known of ${JSON.stringify(text)}: then nothing of the artifact is swept`, () =>
      assert.equal(uploadIn(text), undefined));
});
