import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fastify from 'fastify';
import { knowsToken, limitGuesses } from '../../../workers/token.ts';

const TOKEN = 'a-long-random-text';

describe('guesses of a token', () => {
  it('are heard twenty times a minute from an address, and then the right one is not either', async () => {
    let now = 0;
    const check = limitGuesses(
      (request) => knowsToken(TOKEN, request),
      () => now,
    );
    const app = fastify();
    app.get('/', async (request) => check(request));
    const ask = async (bearer: string | null, remoteAddress = '192.0.2.1') => {
      const headers = bearer === null ? {} : { authorization: `Bearer ${bearer}` };
      return (await app.inject({ url: '/', remoteAddress, headers })).body;
    };
    assert.equal(await ask(TOKEN), 'known');
    for (let guess = 0; guess < 20; guess += 1) {
      // What a browser asks first is no guess.
      assert.equal(await ask(null), 'unknown');
      assert.equal(await ask(`guess ${guess}`), 'unknown');
    }
    assert.equal(await ask(TOKEN), 'guessing');
    assert.equal(await ask(TOKEN, '192.0.2.2'), 'known');
    now = 59_999;
    assert.equal(await ask(TOKEN), 'guessing');
    now = 60_000;
    assert.equal(await ask(TOKEN), 'known');
    await app.close();
  });
});
