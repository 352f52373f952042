import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { notifySettings } from '../../../../../workflows/contracts/run/notify.ts';
import { deliveriesToMarkdown, hostOf } from '../../../../../workflows/decisions/notify/deliveries-text.ts';
import { eventOf } from '../../../../../workflows/decisions/notify/told-events.ts';

describe('what the Temporal UI shows of deliveries', () => {
  it('names hosts, and nothing else of a URL', () => {
    const urls = ['https://a.example.com:8443/T0/secret?key=1', 'http://me:pw@b.example.com#x'];
    assert.deepEqual(urls.map(hostOf), ['a.example.com:8443', 'b.example.com']);
  });

  it('says what was delivered, what waits and who is gone', () => {
    const endpoints = notifySettings.parse([
      { url: 'https://a.example.com/hook' },
      { url: 'https://b.example.com' },
      { url: 'https://c.example.com' },
    ]);
    const done = eventOf('done', null, new Date(0));
    const pending = [{ number: 3, endpoint: 0, event: done, since: null }];
    assert.equal(
      deliveriesToMarkdown(endpoints, { delivered: 5, givenUp: 1, pending, gone: [2] }),
      '5 delivered, 1 given up\n- a.example.com: on its way: done\n- b.example.com: nothing waits\n- c.example.com: gone (410)',
    );
  });
});
