import { defineFamily, type TaskFamily } from '../tasks/family.ts';
import type { Random } from '../tasks/random.ts';
import { made, oneOf } from '../tasks/slots.ts';
import { pairs } from '../vocabulary/lists.ts';

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

/** Translation by the word list in the input: the answer stands there to be found. */
export const translation: readonly TaskFamily[] = [
  defineFamily({
    name: 'translate-word',
    weight: 2,
    phrasings: [
      'Translate "{word}" into {language} with the word list of {who}.',
      'Use the {topic} glossary from {setting} to say "{word}" in {language}.',
      'How does {who} say "{word}" in {language}? Look in the list.',
      'The {group} learns {language}. Find their word for "{word}".',
      'What is "{word}" in {language}, by the {event} vocabulary of {who}?',
      'Look up the {language} word for "{word}" in the notes of {who} from {city}.',
    ],
    input: '{glossary}',
    slots: {
      language,
      glossary: made(GLOSSARY, (random, { language }) => drawGlossary(random, language)),
      word: made('[a-z]+', (random, { glossary = '' }) => random.pick([...readGlossary(glossary).keys()])),
    },
    answer: ({ language, glossary, word }) => {
      const foreign = readGlossary(glossary).get(word);
      return foreign === undefined ? null : `In ${language}, ${word} is ${foreign}.`;
    },
  }),
  defineFamily({
    name: 'translate-back',
    weight: 1.5,
    phrasings: [
      'What does the {language} word "{foreign}" mean, by the list of {who}?',
      'Translate "{foreign}" from {language} to English for the {group}.',
      '{who} reads "{foreign}" on a sign in {city}. Find the English word.',
      'Give the English for "{foreign}" with the {language} glossary of {setting}.',
      'Which English word stands beside "{foreign}" in the {language} notes of {who}?',
      'Help the {group} at the {event}: what is "{foreign}" in English?',
    ],
    input: '{glossary}',
    slots: {
      language,
      glossary: made(GLOSSARY, (random, { language }) => drawGlossary(random, language)),
      foreign: made('\\p{L}+', (random, { glossary = '' }) =>
        random.pick([...readGlossary(glossary).values()]),
      ),
    },
    answer: ({ glossary, foreign }) => {
      const isMeant = (value: string) => value.toLowerCase() === foreign.toLowerCase();
      const english = [...readGlossary(glossary)].find(([, value]) => isMeant(value))?.[0];
      return english === undefined ? null : `It means ${english}.`;
    },
  }),
  defineFamily({
    name: 'translate-pair',
    phrasings: [
      'Translate the words "{first} and {second}" into {language} for {who}.',
      'With the list of {setting}, write "{first} and {second}" in {language}.',
      '{who} needs "{first} and {second}" in {language} for the {event}.',
      'Put "{first} and {second}" into {language} for the {group}, word by word.',
      'How does the {group} from {city} say "{first} and {second}" in {language}?',
      'Find both {language} words for "{first} and {second}" in the notes on {topic}.',
    ],
    input: '{glossary}',
    slots: {
      language,
      glossary: made(GLOSSARY, (random, { language }) => drawGlossary(random, language)),
      first: made('[a-z]+', (random, { glossary = '' }) => random.pick([...readGlossary(glossary).keys()])),
      second: made('[a-z]+', (random, { glossary = '' }) => random.pick([...readGlossary(glossary).keys()])),
    },
    answer: ({ glossary, first, second }) => {
      const [a, b] = [readGlossary(glossary).get(first), readGlossary(glossary).get(second)];
      return a === undefined || b === undefined || first === second ? null : `${a}, ${b}`;
    },
  }),
];
