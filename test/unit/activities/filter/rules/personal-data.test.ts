import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { personalData } from '../../../../../activities/filter/rules/personal-data.ts';
import { reasonOf } from './rows.ts';

/** All of these are made up: what makes them count is their form and their check digits. */
describe('the rule personal-data', () => {
  it('drops a row with what looks like the data of a person, in any of its texts', () => {
    for (const [text, reason] of [
      ['Write to marta.kowalczyk81@gmail.com today.', 'an e-mail address'],
      ['Her card is 4929 1743 8203 5916.', 'a card number'],
      ['His number is 536-48-7712.', 'a US social security number'],
      ['주민등록번호는 870314-1234567입니다.', 'a Korean resident number'],
      ['제 번호는 010-8392-4471입니다.', 'a Korean mobile number'],
      ['Call (415) 863-2947.', 'a US telephone number'],
      ['Pay to NL39 RABO 0300 0652 64.', 'a bank account (IBAN)'],
    ] as const) {
      assert.equal(reasonOf(personalData, { output: text }), reason, text);
      assert.equal(reasonOf(personalData, { input: text }), reason, text);
      assert.equal(reasonOf(personalData, { instruction: text }), reason, text);
    }
  });

  it('keeps addresses and numbers that are for examples', () => {
    for (const output of [
      'jonas.weber@example.com',
      'info@acme-tools.com',
      'johndoe@gmail.com',
      'bob@gmail.com',
      'yourname@gmail.com',
      'Call 415-555-0188.',
      'Call 555-123-4567.',
      '010-1234-5678',
      '010-0000-0000',
      '4111 1111 1111 1111',
      '4242-4242-4242-4242',
      '123-45-6789',
      '078-05-1120',
      'DE89 3704 0044 0532 0130 00',
    ])
      assert.equal(reasonOf(personalData, { output }), null, output);
  });

  it('keeps numbers whose check digits are wrong, and numbers that are none of these', () => {
    for (const output of [
      '4929 1743 8203 5917',
      '870314-1234562',
      'NL39 RABO 0300 0652 65',
      '3000000000000000',
      '2024-03-14',
      'ISBN 978-3-16-148410-0',
      '192.168.100.200',
      'Order 1234-5678-9012',
      '@media and @property are rules',
      '1999-2004-5000',
    ])
      assert.equal(reasonOf(personalData, { output }), null, output);
  });

  it('takes a text without an end in time', () => {
    const begun = performance.now();
    for (const piece of ['a', 'a.', '1', '1-', 'A', 'A1 ', '@', 'a@a.', 'DE89 ', '4111 '])
      reasonOf(personalData, { output: `1234@${piece.repeat(400_000)}` });
    assert.ok(performance.now() - begun < 10_000);
  });
});
