import type { DataRow } from '../../../workflows/contracts/data.ts';
import type { YieldCounts } from '../../../workflows/contracts/generate.ts';
import { speakerOf, type TurnStage } from '../../../workflows/contracts/run/stages.ts';
import { noYield } from '../../../workflows/decisions/yield-counts.ts';
import type { LedgerEntry } from '../../teacher/ledger/ledger.ts';
import type { TeacherProfile } from '../../teacher/profile/profiles.ts';
import { messagesOf, shown } from './conversation-prompt.ts';
import { readTurn } from './read-turn.ts';

/** What became of one conversation in a stage: it with a message more, or nothing where there was none to take. */
export function takeTurn(
  row: DataRow,
  stage: TurnStage,
  entry: LedgerEntry,
  profile: Pick<TeacherProfile, 'thinkingMarks'>,
): { rows: DataRow[]; yield: YieldCounts } {
  const before = messagesOf(row);
  const questions = before.flatMap(({ role, content }) => (role === 'user' ? [shown(content)] : []));
  const speaker = speakerOf(stage);
  const read = readTurn(entry, speaker, speaker === 'user' ? questions : [], profile);
  if ('content' in read) {
    const messages = [...before, { role: speaker, content: read.content }];
    const { provenance, ...said } = row;
    return {
      rows: [{ ...said, messages, ...originOf({ provenance }, stage, entry.key) }],
      yield: { ...ASKED, accepted: 1 },
    };
  }
  if (read.drop === 'malformed') return { rows: [], yield: { ...ASKED, parsed: 0, malformed: 1 } };
  const parsed = read.drop === 'refused' ? 0 : 1;
  return { rows: [], yield: { ...ASKED, parsed, filtered: { [read.drop]: 1 } } };
}

const ASKED: YieldCounts = { ...noYield(), asked: 1, parsed: 1 };

/** Each turn has the answer with its question, and then the one with its answer. */
function originOf(
  { provenance }: Pick<DataRow, 'provenance'>,
  stage: TurnStage,
  key: string,
): Pick<DataRow, 'provenance'> {
  if (provenance === undefined) return {};
  const { turns = [] } = provenance;
  const asked = turns.at(-1);
  return speakerOf(stage) === 'user' || asked === undefined
    ? { provenance: { ...provenance, turns: [...turns, { questionKey: key }] } }
    : { provenance: { ...provenance, turns: [...turns.slice(0, -1), { ...asked, answerKey: key }] } };
}
