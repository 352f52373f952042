import { defineFamily, type TaskFamily } from '../tasks/family.ts';
import type { Random } from '../tasks/random.ts';
import { why } from '../tasks/request-slots.ts';
import { made, oneOf } from '../tasks/slots.ts';
import { pairs } from '../vocabulary/lists.ts';
import { CITIES } from '../vocabulary/places.ts';

const SPANISH = pairs(`
  bread = pan, water = agua, house = casa, dog = perro, cat = gato, book = libro, sun = sol, moon = luna,
  milk = leche, bird = pájaro, tree = árbol, flower = flor, hand = mano, door = puerta, table = mesa,
  friend = amigo, night = noche, day = día, fish = pescado, apple = manzana, street = calle, chair = silla,
  horse = caballo, sea = mar, fire = fuego
`);
const GERMAN = pairs(`
  bread = Brot, water = Wasser, house = Haus, dog = Hund, cat = Katze, book = Buch, sun = Sonne,
  moon = Mond, milk = Milch, bird = Vogel, tree = Baum, flower = Blume, hand = Hand, door = Tür,
  table = Tisch, friend = Freund, night = Nacht, day = Tag, fish = Fisch, apple = Apfel, street = Straße,
  chair = Stuhl, horse = Pferd, sea = Meer
`);
const FRENCH = pairs(`
  bread = pain, water = eau, house = maison, dog = chien, cat = chat, book = livre, sun = soleil,
  moon = lune, milk = lait, bird = oiseau, tree = arbre, flower = fleur, hand = main, door = porte,
  table = table, friend = ami, night = nuit, day = jour, fish = poisson, apple = pomme, street = rue,
  chair = chaise, horse = cheval, sea = mer
`);
const INDONESIAN = pairs(`
  bread = roti, water = air, house = rumah, dog = anjing, cat = kucing, book = buku, moon = bulan,
  milk = susu, bird = burung, tree = pohon, flower = bunga, hand = tangan, door = pintu, table = meja,
  night = malam, day = hari, fish = ikan, apple = apel, street = jalan, chair = kursi, horse = kuda,
  sea = laut, fire = api
`);

const DICTIONARIES: Readonly<Record<string, ReadonlyMap<string, string>>> = {
  Spanish: SPANISH,
  German: GERMAN,
  French: FRENCH,
  Indonesian: INDONESIAN,
};
const language = oneOf(Object.keys(DICTIONARIES));

/** A word list of four or five lines' worth on one line, in random order. */
function drawGlossary(random: Random, language = ''): string {
  const entries = [...(DICTIONARIES[language] ?? [])];
  return random
    .sample(entries, random.integer(3, 4))
    .map(([english, foreign]) => `${english} = ${foreign}`)
    .join(', ');
}

const GLOSSARY = '[a-z]+ = \\p{L}+(?:, [a-z]+ = \\p{L}+)+';
const readGlossary = (text: string) => pairs(text);
const glossary = made(GLOSSARY, (random, { language }) => drawGlossary(random, language));
const englishWord = made('[a-z]+', (random, { glossary = '' }) =>
  random.pick([...readGlossary(glossary).keys()]),
);
const city = oneOf(CITIES);

/** Translation by the word list in the input: the answer stands there to be found. */
export const translation: readonly TaskFamily[] = [
  defineFamily({
    name: 'translate-word',
    weight: 2,
    given: {
      phrasings: [
        'Translate "{word}" into {language}. {why}',
        'How do I say "{word}" in {language}? {why}',
        '{why} What is "{word}" in {language}?',
        'I am off to {city}. Look up "{word}" in {language}.',
        'Find the {language} word for "{word}". {why}',
        'A menu in {city}, in {language}: which word is "{word}"?',
      ],
      input: '{glossary}',
    },
    slots: { language, glossary, word: englishWord, why, city },
    answer: ({ language, glossary, word }) => {
      const foreign = readGlossary(glossary).get(word);
      return foreign === undefined ? null : `In ${language}, ${word} is ${foreign}.`;
    },
    told: (_, answer) => [answer],
  }),
  defineFamily({
    name: 'translate-back',
    weight: 1.5,
    given: {
      phrasings: [
        'What does "{foreign}" mean in English? {why}',
        'What does {language} "{foreign}" mean? {why}',
        'A sign in {city} says "{foreign}". What is it in English?',
        '{why} Translate "{foreign}" from {language}.',
        'Someone from {city} said "{foreign}". Which English word is that?',
        'Give me the English for "{foreign}". {why}',
      ],
      input: '{glossary}',
    },
    slots: {
      language,
      glossary,
      foreign: made('\\p{L}+', (random, { glossary = '' }) =>
        random.pick([...readGlossary(glossary).values()]),
      ),
      why,
      city,
    },
    answer: ({ glossary, foreign }) => {
      const english = englishOf(glossary, foreign);
      return english === undefined ? null : `It means ${english}.`;
    },
    told: ({ language, glossary, foreign }) => [
      `The ${language} word ${foreign} means ${englishOf(glossary, foreign)}.`,
    ],
  }),
  defineFamily({
    name: 'translate-pair',
    given: {
      phrasings: [
        'Translate "{first} and {second}" into {language}.',
        'How do I say {first} and {second} in {language}?',
        'What are {first} and {second} in {language}? {why}',
        '{language} for {first} and {second}, please.',
        'I need {first} and {second} in {city}. Say both in {language}.',
        'Find {first} and {second} in this {language} word list.',
      ],
      input: '{glossary}',
    },
    slots: { language, glossary, first: englishWord, second: englishWord, why, city },
    answer: ({ glossary, first, second }) => {
      const [a, b] = [readGlossary(glossary).get(first), readGlossary(glossary).get(second)];
      return a === undefined || b === undefined || first === second ? null : `${a}, ${b}`;
    },
    told: ({ language, glossary, first }) => [
      `In the word list for ${language} stands: ${glossary}.`,
      `The ${language} word for ${first} is ${readGlossary(glossary).get(first)}.`,
    ],
  }),
];

function englishOf(glossary: string, foreign: string): string | undefined {
  const isMeant = (value: string) => value.toLowerCase() === foreign.toLowerCase();
  return [...readGlossary(glossary)].find(([, value]) => isMeant(value))?.[0];
}
