import { pairs, words } from './lists.ts';

/** Everyday nouns, all singular, by the kind of thing that they name; no noun is in two kinds. */
export const KINDS: Readonly<Record<string, readonly string[]>> = {
  animal: words(`
    badger bear beaver camel cheetah cow crab deer dolphin donkey eagle falcon ferret fox frog goat goose
    hamster hedgehog heron horse jaguar kangaroo lion lizard lobster mole monkey mouse ostrich otter owl
    panther parrot penguin pigeon rabbit raven salmon shark sheep snail sparrow spider squirrel swan tiger
    tortoise turkey turtle walrus whale wolf zebra
  `),
  fruit: words(`
    apple apricot avocado banana blackberry blueberry cherry coconut cranberry fig grape grapefruit kiwi
    lemon lime mango melon nectarine papaya peach pear pineapple plum pomegranate quince raspberry
    strawberry tangerine
  `),
  vegetable: words(`
    artichoke asparagus aubergine beetroot broccoli cabbage carrot cauliflower celery courgette cucumber
    garlic kale leek lettuce onion parsnip pea pepper potato pumpkin radish shallot spinach swede tomato
    turnip
  `),
  tool: words(`
    anvil axe chisel crowbar drill hammer hatchet jack ladder mallet pickaxe plane rake sander saw
    screwdriver shovel sickle spade spanner vice wheelbarrow wrench
  `),
  instrument: words(`
    accordion banjo bassoon bugle cello clarinet drum fiddle flute guitar harmonica harp lute lyre mandolin
    oboe organ piano recorder saxophone tambourine trombone trumpet tuba ukulele viola violin xylophone
  `),
  garment: words(`
    apron beret blouse cape cardigan cloak coat dress glove hat hoodie jacket jumper kilt mitten nightgown
    overcoat pullover raincoat robe sandal scarf shirt shoe skirt slipper sock suit sweater tie vest
    waistcoat
  `),
  vehicle: words(`
    ambulance barge bicycle bus canoe car carriage ferry glider helicopter kayak lorry minibus moped
    motorcycle raft sailboat scooter sledge submarine taxi tractor train tram trolleybus truck van wagon
    yacht
  `),
  'piece of furniture': words(`
    armchair bed bench bookcase bureau cabinet chair couch cradle cupboard desk dresser footstool hammock
    nightstand shelf sideboard sofa stool table wardrobe
  `),
};

/** Noun to kind. */
export const KIND_OF: ReadonlyMap<string, string> = new Map(
  Object.entries(KINDS).flatMap(([kind, nouns]) => nouns.map((noun) => [noun, kind] as const)),
);

export const NOUNS: readonly string[] = [...KIND_OF.keys()];

/** Nouns for what one can buy, carry and lose. */
export const OBJECTS: readonly string[] = ['tool', 'instrument', 'garment', 'piece of furniture'].flatMap(
  (kind) => KINDS[kind] ?? [],
);

/** Words that take a regular plural and are counted one by one. */
export const COUNTABLES = words(`
  acorns almonds apples badges balloons baskets beads bells biscuits blankets bolts bottles bowls boxes
  bricks brushes buckets buttons candles cards carpets chairs coins cookies cups curtains cushions daisies
  diaries doughnuts eggs envelopes erasers feathers flags forks gloves hats jars kettles keys lamps leaflets
  lemons letters magnets marbles medals melons mugs muffins napkins needles notebooks nuts oranges pancakes
  parcels pebbles pencils pillows plates postcards posters potatoes puzzles radishes ribbons rulers
  sandwiches scarves seeds shells socks spoons stamps stickers tickets tiles towels toys tulips umbrellas
  vases whistles windows
`);

/** Singular to a plural that is not made with s alone. */
export const IRREGULAR_PLURALS = pairs(`
  calf = calves, child = children, city = cities, country = countries, deer = deer, foot = feet,
  goose = geese, half = halves, hero = heroes, knife = knives, lady = ladies, leaf = leaves, life = lives,
  loaf = loaves, man = men, mouse = mice, ox = oxen, person = people, potato = potatoes, scarf = scarves,
  sheep = sheep, shelf = shelves, thief = thieves, tomato = tomatoes, tooth = teeth, wife = wives,
  wolf = wolves, woman = women, box = boxes, bus = buses, church = churches, dish = dishes, fox = foxes,
  glass = glasses, match = matches, watch = watches, baby = babies, berry = berries, cherry = cherries,
  diary = diaries, factory = factories, library = libraries, party = parties, story = stories,
  cactus = cacti, crisis = crises, echo = echoes, fish = fish, elf = elves
`);

/** What a tool or household thing is for, as it ends "is used to". */
export const PURPOSES = pairs(`
  anchor = hold a ship in place, axe = chop wood, bandage = cover a wound, barometer = measure air pressure,
  broom = sweep the floor, bucket = carry water, candle = give light, chisel = carve wood,
  colander = drain pasta, comb = tidy hair, compass = find north, corkscrew = open wine bottles,
  drill = make holes, envelope = hold a letter, eraser = remove pencil marks, fan = move the air,
  fork = lift food, freezer = keep food frozen, funnel = fill bottles, glue = join things together,
  hammer = drive nails, hourglass = measure time, iron = smooth clothes, kettle = boil water,
  key = open a lock, ladder = reach high places, lens = bend light, lighthouse = guide ships,
  loom = weave cloth, microscope = see tiny things, mirror = see oneself, mop = wash the floor,
  needle = sew cloth, oven = bake food, paddle = move a canoe, pencil = write on paper,
  pillow = rest the head, pump = move liquids, rake = gather leaves, razor = shave hair,
  refrigerator = keep food cold, ruler = measure length, saw = cut wood, scale = measure weight,
  screwdriver = turn screws, shovel = dig holes, sieve = separate grains, spanner = turn bolts,
  sponge = soak up water, stapler = join sheets of paper, stethoscope = hear the heart,
  telescope = see distant stars, tent = sleep outdoors, thermometer = measure temperature,
  toaster = brown bread, torch = light the way, towel = dry the skin, umbrella = keep off the rain,
  vase = hold flowers, wallet = carry money, whistle = make a loud sound, wheelbarrow = move heavy loads,
  wrench = grip nuts
`);
