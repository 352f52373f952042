import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  checkSearchAttributes,
  type NamespaceCalls,
  registerRemedy,
  schedulingNotice,
} from '../../../../workers/fleet/namespace.ts';
import { SEARCH_ATTRIBUTES } from '../../../../workflows/search-attributes.ts';

const [STAGE = { name: '' }, MODEL = { name: '' }] = SEARCH_ATTRIBUTES;

/** A server that answers as a namespace with these attributes does, and counts what it is asked. */
function server(known: readonly string[], failure: object | null = null) {
  const asked: string[] = [];
  const calls: NamespaceCalls = {
    async count(query) {
      asked.push(query);
      if (failure !== null) throw Object.assign(new Error('refused'), failure);
      const unknown = [...query.matchAll(/(\w+) IS NULL/g)]
        .map(([, name = '']) => name)
        .find((name) => !known.includes(name));
      if (unknown === undefined) return;
      const details = `invalid query: invalid expression: column name '${unknown}' is not a valid search attribute`;
      throw Object.assign(new Error(`3 INVALID_ARGUMENT: ${details}`), { code: 3, details });
    },
  };
  return { calls, asked };
}

const ALL = SEARCH_ATTRIBUTES.map(({ name }) => name);

describe('the check of search attributes', () => {
  it('asks one question that names every attribute, with no more than a namespace’s own rights', async () => {
    const { calls, asked } = server(ALL);
    assert.deepEqual(await checkSearchAttributes(calls), { missing: [], unchecked: null });
    assert.deepEqual(asked, [ALL.map((name) => `${name} IS NULL`).join(' AND ')]);
  });

  it('names all that are missing', async () => {
    const { calls } = server(ALL.slice(2));
    const { missing } = await checkSearchAttributes(calls);
    assert.deepEqual(
      missing.map(({ name }) => name),
      [STAGE.name, MODEL.name],
    );
  });

  it('stops no worker that could work: a refusal or a failure of the question itself is only said', async () => {
    for (const [failure, said] of [
      [{ code: 7, details: 'Request unauthorized.' }, 'Request unauthorized.'],
      [{ code: 12, details: 'unknown method' }, 'unknown method'],
      [{ code: 3, details: 'visibility is off' }, 'visibility is off'],
    ] as const) {
      const { calls } = server(ALL, failure);
      assert.deepEqual(await checkSearchAttributes(calls), { missing: [], unchecked: said });
    }
  });

  it('reads what the worker’s own connection says, which is elsewhere', async () => {
    const message = "invalid query: column name 'AlpacaStage' is not a valid search attribute";
    const calls: NamespaceCalls = {
      count: async () => {
        throw Object.assign(new Error(message), { code: 3, details: '' });
      },
    };
    const { missing } = await checkSearchAttributes(calls);
    assert.deepEqual(
      missing.map(({ name }) => name),
      ['AlpacaStage'],
    );
  });
});

describe('the remedy for missing search attributes', () => {
  const missing = SEARCH_ATTRIBUTES.slice(0, 1);

  it('on Temporal Cloud is the cloud’s own command, or its page', () => {
    for (const address of [
      'team.a1b2c.tmprl.cloud:7233',
      'us-east-1.aws.api.temporal.io:7233',
      'eu-west-1.region.tmprl.cloud:7233',
    ])
      assert.equal(
        registerRemedy({ address, namespace: 'team.a1b2c' }, missing),
        'Register them: tcld namespace search-attributes add --namespace team.a1b2c --search-attribute AlpacaStage=Keyword, or at https://cloud.temporal.io/namespaces/team.a1b2c',
      );
  });

  it('on a server of one’s own is the CLI’s command', () => {
    assert.equal(
      registerRemedy({ address: '127.0.0.1:7233', namespace: 'default' }, missing),
      'Register them: temporal operator search-attribute create --address 127.0.0.1:7233 --namespace default --name AlpacaStage --type Keyword',
    );
  });
});

describe('what is said of priorities and fairness keys', () => {
  const own = { address: '127.0.0.1:7233', namespace: 'default' };

  it('is that neither does anything, on a server that has none', () => {
    assert.deepEqual(schedulingNotice(own, { version: '1.26.2', hasPriorities: false }), {
      level: 'warn',
      message:
        'The Temporal server 1.26.2 heeds neither `priority` nor `fairnessKey`: work waits in the order of its arrival.',
    });
  });

  it('is where fairness is switched on, on a server that has both', () => {
    assert.deepEqual(schedulingNotice(own, { version: '1.29.1', hasPriorities: true }), {
      level: 'info',
      message:
        '`fairnessKey` does nothing unless the server has matching.enableFairness on, which cannot be asked of it.',
    });
    assert.deepEqual(
      schedulingNotice(
        { address: 'team.a1b2c.tmprl.cloud:7233', namespace: 'team.a1b2c' },
        { version: '1.30.0', hasPriorities: true },
      ),
      {
        level: 'info',
        message:
          '`fairnessKey` does nothing unless Fairness is on for the namespace team.a1b2c (https://cloud.temporal.io/namespaces/team.a1b2c), which cannot be asked of it.',
      },
    );
  });
});
