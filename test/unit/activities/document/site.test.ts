import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { siteHeader, siteStyle } from '../../../../activities/document/site.ts';

describe('what all pages have in common', () => {
  it('is a header that leads to what there is, and says where one is', () => {
    const header = siteHeader({ Runs: '/', Chat: null, Report: '/report?"', Temporal: null }, 'Runs');
    assert.equal(
      String(header),
      '<header class="site"><nav aria-label="Site"><ul><li><a href="/" aria-current="page">Runs</a></li>' +
        '<li><a href="/report?&quot;">Report</a></li></ul></nav></header>',
    );
  });

  it('is one style sheet, in which every colour that is used has a name', async () => {
    const style = await siteStyle();
    const named = new Set([...style.matchAll(/--([\w-]+):/g)].map(([, name]) => name));
    const used = new Set([...style.matchAll(/var\(--([\w-]+)\)/g)].map(([, name]) => name));
    assert.ok(used.size > 10);
    assert.deepEqual(
      [...used].filter((name) => !named.has(name)),
      [],
    );
    assert.doesNotMatch(style.replaceAll(/--[\w-]+: [^;]+;/g, ''), /#[0-9a-f]{3,6}\b/);
  });
});
