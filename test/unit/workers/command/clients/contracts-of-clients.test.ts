import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { contractsOfClients } from '../../../../../workers/command/clients/contracts-of-clients.ts';
import { goOf } from '../../../../../workers/command/clients/go.ts';
import { javaOf } from '../../../../../workers/command/clients/java.ts';
import { pythonOf } from '../../../../../workers/command/clients/python.ts';
import { type RecordShape, recordsOfContracts } from '../../../../../workers/command/clients/shapes.ts';

const ROOT = new URL('../../../../../', import.meta.url);

describe('the contracts of clients in other languages', () => {
  for (const [path, text] of Object.entries(contractsOfClients()))
    it(`are in ${path} what \`npm run schema\` writes today`, async () => {
      assert.equal(await readFile(new URL(path, ROOT), 'utf8'), text);
    });

  it('are those of a run, each behind what it is made of, under one name', () => {
    const names = recordsOfContracts().map(({ name }) => name);
    for (const root of ['AlpacaInput', 'AlpacaResult', 'Progress', 'ControlState']) {
      assert.ok(names.includes(root));
    }
    assert.deepEqual(names.slice(0, 4), [
      'ArtifactReference',
      'Estimated',
      'SampleSettings',
      'GenerateSettings',
    ]);
    assert.equal(new Set(names).size, names.length);
  });

  it('have every field of a contract, required or not, nullable or not', () => {
    const field = (record: string, name: string) =>
      recordsOfContracts()
        .find((each) => each.name === record)
        ?.fields.find((each) => each.name === name);
    const { what: _, ...budget } = field('AlpacaInput', 'budgetUsd') ?? {};
    assert.deepEqual(budget, {
      ...{ name: 'budgetUsd', shape: { kind: 'number' }, nullable: true, required: false },
    });
    const { what: __, ...rows } = field('AlpacaResult', 'rows') ?? {};
    assert.deepEqual(rows, { name: 'rows', shape: { kind: 'whole' }, nullable: false, required: true });
    assert.deepEqual(field('TokenizeSettings', 'model')?.shape, {
      kind: 'either',
      of: [{ kind: 'record', name: 'ArtifactReference' }, { kind: 'text' }],
    });
    assert.deepEqual(field('Progress', 'stages')?.shape, {
      kind: 'list',
      of: { kind: 'record', name: 'ProgressStage' },
    });
  });
});

const number = { kind: 'number' } as const;
const record: RecordShape = {
  name: 'Settings',
  isSent: true,
  fields: [
    { name: 'from', shape: { kind: 'text' }, nullable: false, required: false, what: 'Where' },
    {
      name: 'long',
      shape: { kind: 'choice', values: ['a', 'b'] },
      nullable: false,
      required: true,
      what: 'How',
    },
    { name: 'shares', shape: { kind: 'map', of: number }, nullable: true, required: false, what: '' },
    { name: 'limit', shape: number, nullable: true, required: true, what: '' },
  ],
};

/** What stands behind the head of the file. */
const lastLines = (text: string, count: number) => text.trimEnd().split('\n').slice(-count).join('\n');

describe('a record', () => {
  it('is a pydantic model, whose fields avoid the words of the language', () => {
    assert.equal(
      lastLines(pythonOf([record]), 7),
      `class Settings(Sent):
    # Where
    from_: str | None = Field(default=None, alias="from")
    # How
    long: Literal["a", "b"]
    shares: dict[str, float] | None = None
    limit: float | None`,
    );
  });

  it('is a Go struct as gofmt has it, where null and left out are two things', () => {
    assert.equal(
      lastLines(goOf([record]), 11),
      `type Settings struct {
	// Where
	From Optional[string] \`json:"from,omitzero"\`

	// How; one of a, b
	Long string \`json:"long"\`

	Shares Optional[map[string]float64] \`json:"shares,omitzero"\`

	Limit *float64 \`json:"limit"\`
}`,
    );
  });

  it('is a class for Jackson', () => {
    assert.equal(
      lastLines(javaOf([record]), 17),
      `    public static final class Settings {
        /** Where */
        @JsonProperty("from")
        public String from;

        /** How; one of a, b */
        @JsonProperty("long")
        public String long_;

        @JsonProperty("shares")
        public Optional<Map<String, Double>> shares;

        @JsonProperty("limit")
        public Double limit;
    }

}`,
    );
  });
});
