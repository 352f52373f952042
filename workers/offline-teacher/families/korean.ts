import { defineFamily, type TaskFamily } from '../tasks/family.ts';
import { integer, listOf, made, oneOf } from '../tasks/slots.ts';
import { KOREAN_ANTONYMS, KOREAN_CAPITALS, KOREAN_DICTIONARY, KOREAN_KINDS } from '../vocabulary/korean.ts';
import { pairs, words } from '../vocabulary/lists.ts';

const things = Object.values(KOREAN_KINDS).flat();
const WEEKDAYS = words('월요일 화요일 수요일 목요일 금요일 토요일 일요일');
const GOOD = words('즐거웠습니다 훌륭했습니다 친절했습니다 맛있었습니다 깨끗했습니다 편안했습니다');
const BAD = words('지루했습니다 더러웠습니다 불친절했습니다 맛없었습니다 시끄러웠습니다 불편했습니다');
const SUBJECTS = words('식당은 방은 직원은 음식은 공연은 호텔은 가게는 수업은 버스는 축제는');

/** Families in Korean, for prompts that ask for Korean: instruction, input and answer. */
export const korean: readonly TaskFamily[] = [
  defineFamily({
    name: 'ko-antonym',
    language: 'ko',
    phrasings: [
      '{이름} 씨가 {도시}에서 쓴 글을 위해 "{낱말}"의 반대말을 알려 주세요.',
      '{주제}에 대한 글에서 "{낱말}"의 반대말은 무엇입니까? {이름} 씨가 묻습니다.',
      '"{낱말}"의 반대가 되는 말을 {도시} 학생 {이름} 씨에게 말해 주세요.',
      '{이름} 씨는 {주제} 수업을 듣습니다. "{낱말}"의 반대말을 쓰세요.',
      '{도시} 퀴즈 문제입니다. "{낱말}"의 반대말을 하나 고르세요, {이름} 씨.',
      '{주제} 공책에서 {이름} 씨가 찾는 "{낱말}"의 반대말을 적으세요.',
    ],
    slots: { 낱말: oneOf(KOREAN_ANTONYMS.keys()) },
    answer: ({ 낱말 }) => {
      const opposite = KOREAN_ANTONYMS.get(낱말);
      return opposite === undefined ? null : `"${낱말}"의 반대말은 "${opposite}"입니다.`;
    },
  }),
  defineFamily({
    name: 'ko-add',
    language: 'ko',
    phrasings: [
      '{이름} 씨는 {물건} {a}개를 가지고 있고 {도시}에서 {b}개를 더 샀습니다. 모두 몇 개입니까?',
      '{도시} 시장에서 {물건} {a}개와 {b}개를 산 {이름} 씨는 모두 몇 개를 가졌습니까?',
      '{a}개의 {물건}에 {b}개를 더하면 몇 개인지 {이름} 씨에게 알려 주세요.',
      '{이름} 씨의 바구니에 {물건} {a}개가 있습니다. {b}개를 더 넣으면 몇 개가 됩니까?',
      '{주제} 행사를 위해 {이름} 씨가 {물건} {a}개, 친구가 {b}개를 가져왔습니다. 합을 구하세요.',
      '{도시}에 사는 {이름} 씨가 {물건} {a}개를 받고 또 {b}개를 받았습니다. 합계를 계산하세요.',
    ],
    slots: { 물건: oneOf(things), a: integer(2, 60), b: integer(2, 40) },
    answer: ({ a, b }) => `모두 ${Number(a) + Number(b)}개입니다.`,
  }),
  defineFamily({
    name: 'ko-capital',
    language: 'ko',
    phrasings: [
      '{나라}의 수도는 어디입니까? {도시}에 사는 {이름} 씨가 묻습니다.',
      '{이름} 씨가 {나라} 여행을 갑니다. 그 나라의 수도를 말해 주세요.',
      '{주제}에 대한 발표에서 {나라}의 수도를 소개하려는 {이름} 씨를 도와주세요.',
      '{도시} 퀴즈 대회 문제로 {나라}의 수도 이름을 쓰세요.',
      '{이름} 씨의 {주제} 숙제입니다. {나라}의 수도를 찾으세요.',
      '{나라}의 정부가 있는 도시를 {도시} 학생 {이름} 씨에게 알려 주세요.',
    ],
    slots: { 나라: oneOf(KOREAN_CAPITALS.keys()) },
    answer: ({ 나라 }) => {
      const capital = KOREAN_CAPITALS.get(나라);
      return capital === undefined ? null : `${나라}의 수도는 ${capital}입니다.`;
    },
  }),
  defineFamily({
    name: 'ko-kind',
    isClassification: true,
    language: 'ko',
    phrasings: [
      '"{낱말}"의 종류는 동물, 과일, 채소, 가구 가운데 무엇입니까? {이름} 씨가 묻습니다.',
      '{이름} 씨가 {도시}에서 본 "{낱말}"의 종류를 말해 주세요.',
      '{주제} 사전에 넣을 "{낱말}"의 알맞은 종류를 고르세요, {이름} 씨.',
      '{도시} 어린이 {이름} 씨에게 "{낱말}"의 갈래를 가르쳐 주세요.',
      '"{낱말}"의 무리를 동물이나 과일 같은 말로 {이름} 씨의 {주제} 표에 적으세요.',
      '{이름} 씨의 {도시} 상점 목록에서 "{낱말}"의 무리는 무엇입니까?',
    ],
    slots: { 낱말: oneOf(things) },
    answer: ({ 낱말 }) => {
      const kind = Object.entries(KOREAN_KINDS).find(([, members]) => members.includes(낱말))?.[0];
      return kind === undefined ? null : `${kind}입니다.`;
    },
  }),
  defineFamily({
    name: 'ko-sort',
    language: 'ko',
    phrasings: [
      '{이름} 씨가 {도시}에서 적은 낱말을 가나다순으로 정렬하세요.',
      '{주제}에 대한 {이름} 씨의 목록을 가나다 차례로 다시 쓰세요.',
      '다음 낱말을 사전 순서로 늘어놓아 {도시} 도서관의 {이름} 씨에게 주세요.',
      '{이름} 씨는 {주제} 준비물을 가나다순으로 보고 싶어 합니다. 정리해 주세요.',
      '{도시} 가게의 물건 이름을 {이름} 씨를 위해 가나다순으로 배열하세요.',
      '{주제} 모임의 {이름} 씨가 만든 표를 가나다순으로 바꾸세요.',
    ],
    input: '{목록}',
    slots: { 목록: listOf(things, 3, 5) },
    answer: ({ 목록 }) => 목록.split(', ').sort().join(', '),
  }),
  defineFamily({
    name: 'ko-sentiment',
    isClassification: true,
    language: 'ko',
    phrasings: [
      '{이름} 씨가 {도시}에서 쓴 후기가 긍정인지 부정인지 판단하세요.',
      '{주제}에 대한 {이름} 씨의 의견을 긍정 또는 부정으로 분류하세요.',
      '다음 글에서 {이름} 씨는 {도시} 여행에 만족했습니까? 긍정이나 부정으로 답하세요.',
      '{도시} 손님 {이름} 씨의 평가에 긍정 또는 부정 표시를 붙이세요.',
      '{이름} 씨의 {주제} 감상문에 담긴 감정을 고르세요: 긍정, 부정.',
      '{주제} 게시판에 {이름} 씨가 올린 글의 느낌이 좋은지 나쁜지 밝히세요.',
    ],
    input: '{대상} {느낌}.',
    slots: { 대상: oneOf(SUBJECTS), 느낌: oneOf([...GOOD, ...BAD]) },
    answer: ({ 느낌 }) => (GOOD.includes(느낌) ? '긍정' : '부정'),
  }),
  defineFamily({
    name: 'ko-largest',
    language: 'ko',
    phrasings: [
      '{이름} 씨가 {도시}에서 잰 값 가운데 가장 큰 수를 찾으세요.',
      '{주제} 조사에서 {이름} 씨가 얻은 수 중 제일 큰 것은 무엇입니까?',
      '다음 점수에서 {도시} 선수 {이름} 씨의 최고 점수를 고르세요.',
      '{이름} 씨의 {주제} 기록을 보고 최댓값을 말해 주세요.',
      '{도시} 가게에서 {이름} 씨가 적은 가격 중 가장 비싼 값을 쓰세요.',
      '{주제} 표에 있는 수를 비교하여 {이름} 씨에게 가장 큰 수를 알려 주세요.',
    ],
    input: '{수}',
    slots: {
      수: made('\\d+(?:, \\d+)+', (random) =>
        Array.from({ length: 4 }, () => random.integer(2, 99)).join(', '),
      ),
    },
    answer: ({ 수 }) => `가장 큰 수는 ${Math.max(...수.split(', ').map(Number))}입니다.`,
  }),
  defineFamily({
    name: 'ko-translate',
    language: 'ko',
    phrasings: [
      '낱말표에서 "{word}"의 한국어 뜻을 찾아 {이름} 씨에게 주세요.',
      '{이름} 씨가 {도시}에서 본 영어 낱말 "{word}"의 뜻을 표에서 찾으세요.',
      '{주제} 책을 읽는 {이름} 씨를 위해 "{word}"의 뜻을 번역하세요.',
      '"{word}"의 뜻은 한국어로 무엇입니까? {도시} 학생 {이름} 씨의 단어장을 보세요.',
      '{이름} 씨의 {주제} 단어장에서 "{word}"에 맞는 우리말을 고르세요.',
      '{도시} 영어 교실의 낱말 "{word}"의 뜻을 {이름} 씨가 알도록 우리말로 쓰세요.',
    ],
    input: '{표}',
    slots: {
      표: made('[a-z]+ = \\p{Lo}+(?:, [a-z]+ = \\p{Lo}+)+', (random) =>
        random
          .sample([...KOREAN_DICTIONARY], 4)
          .map(([english, translated]) => `${english} = ${translated}`)
          .join(', '),
      ),
      word: made('[a-z]+', (random, { 표 = '' }) => random.pick([...pairs(표).keys()])),
    },
    answer: ({ 표, word }) => {
      const translated = pairs(표).get(word);
      return translated === undefined ? null : `"${word}"의 뜻은 "${translated}"입니다.`;
    },
  }),
  defineFamily({
    name: 'ko-days-later',
    language: 'ko',
    phrasings: [
      '오늘은 {요일}입니다. {이름} 씨가 {도시}에 가는 {n}일 뒤는 무슨 요일입니까?',
      '{이름} 씨는 {요일}에 떠나 {n}일 뒤에 돌아옵니다. 돌아오는 요일을 말하세요.',
      '{주제} 모임은 {요일}부터 {n}일 뒤입니다. {이름} 씨에게 요일을 알려 주세요.',
      '{요일}에서 {n}일이 지나면 무슨 요일인지 {도시}의 {이름} 씨가 묻습니다.',
      '{이름} 씨가 {요일}에 빌린 {주제} 책은 {n}일 뒤에 돌려주어야 합니다. 그날의 요일을 쓰세요.',
      '{도시} 축제는 {요일}에 시작하여 {n}일 뒤에 끝납니다. {이름} 씨를 위해 끝나는 요일을 구하세요.',
    ],
    slots: { 요일: oneOf(WEEKDAYS), n: integer(2, 6) },
    answer: ({ 요일, n }) => `${WEEKDAYS[(WEEKDAYS.indexOf(요일) + Number(n)) % 7]}입니다.`,
  }),
];
