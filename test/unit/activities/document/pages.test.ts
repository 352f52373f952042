import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { bytes } from '../../../../activities/document/figures.ts';
import { html } from '../../../../activities/document/html.ts';
import fc from '../../../property.ts';

describe('html', () => {
  it('escapes what is put in, and leaves markup made by a template', () => {
    const inner = html`<b>${'<i>'}</b>`;
    assert.equal(
      html`<p title="${'" onload="x'}">${inner}${['a&b', 1]}${null}</p>`.text,
      '<p title="&quot; onload=&quot;x"><b>&lt;i&gt;</b>a&amp;b1</p>',
    );
  });

  it('lets no text leave its place', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const made = html`<p title="${text}">${text}</p>`.text;
        assert.match(made, /^<p title="[^<>"']*">[^<>"']*<\/p>$/);
      }),
    );
  });
});

describe('figures', () => {
  it('read well at every size', () => {
    assert.deepEqual([bytes(999), bytes(1500), bytes(2.5e9)], ['999 bytes', '1.5 kB', '2.5 GB']);
  });
});
