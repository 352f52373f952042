import { pairs, words } from './lists.ts';

/** Trade to what its people work with: a gift they can use. */
export const GIFTS = pairs(`
  baker = a rolling pin, barber = good scissors, beekeeper = a honey jar, bookseller = a reading lamp,
  botanist = a plant press, bricklayer = a strong trowel, bus driver = sunglasses, butcher = a sharp knife,
  carpenter = a folding ruler, chef = an apron, cleaner = rubber gloves, coach = a whistle,
  cobbler = a shoe brush, dancer = soft slippers, dressmaker = a sewing kit, electrician = a torch,
  farmer = rubber boots, fisherman = a fishing rod, florist = a vase, gardener = a watering can,
  geologist = a small hammer, glazier = a glass cutter, historian = an old atlas, journalist = a notebook,
  librarian = a bookmark, lifeguard = a towel, locksmith = a key ring, mechanic = a tool box,
  miner = a helmet lamp, nurse = comfortable shoes, optician = a lens cloth, painter = fine brushes,
  pilot = a watch, plumber = a wrench, poet = a fountain pen, potter = a bag of clay,
  printer = coloured ink, sailor = a compass, sculptor = a chisel, secretary = a desk calendar,
  shepherd = a warm coat, tailor = a thimble, teacher = red pencils, translator = a dictionary,
  tour guide = an umbrella, typist = a wrist rest, waiter = a corkscrew, watchmaker = a magnifier,
  weaver = fine wool, welder = thick gloves, zookeeper = a bucket
`);

/** A small misfortune to the thing that helps. */
export const REMEDIES = pairs(`
  a cut finger = put a bandage on it, a headache = drink some water and rest,
  hiccups = hold your breath for a while, a sunburn = cool the skin and stay in the shade,
  a flat tyre = pump it up or change the wheel, a lost key = look where you last had it,
  a wet phone = switch it off and let it dry, a cold room = close the windows and turn up the heating,
  a stain on a shirt = wash it at once with soap, a bee sting = take out the sting and cool the skin,
  a power cut = light a candle and check the fuses, a noisy neighbour = ask politely for quiet,
  a missed train = take the next one, a burnt pan = soak it overnight, a squeaky door = oil the hinges,
  a blocked sink = use a plunger, a sore throat = drink warm tea, a forgotten password = reset it by mail,
  a dull knife = sharpen it on a stone, a dead plant = water the next one more,
  a bad dream = switch on the light and breathe slowly, a heavy suitcase = leave half of it at home,
  a blister = cover it and change the shoes, a foggy window = open it a little,
  a late bill = pay it today and call the sender
`);

/** A situation to the sentence that good manners ask for. */
export const MANNERS = pairs(`
  someone gives you a present = Thank you very much., you step on a foot = I am so sorry.,
  you leave a party = Thank you for having me., you meet a person for the first time = Pleased to meet you.,
  a friend has a birthday = Happy birthday!, a guest comes in = Welcome and please come in.,
  someone sneezes = Bless you., you want to pass = Excuse me please., you are late = I am sorry to be late.,
  a colleague was promoted = Congratulations on your promotion!,
  you did not hear a word = Could you say that again please?,
  a neighbour is ill = I hope you get well soon., a couple marries = Congratulations to you both!,
  it is time for bed = Good night and sleep well., somebody starts to eat = Enjoy your meal.,
  a team lost a match = Better luck next time., a friend travels = Have a safe journey.,
  you need help = Could you help me please?, you refuse more cake = No thank you but it was delicious.,
  you answer the phone = Good morning and how can I help?
`);

/** Animal to where it lives. */
export const HABITATS = pairs(`
  badger = in woods, bear = in forests, beaver = in rivers, camel = in deserts, crab = on seashores,
  dolphin = in oceans, eagle = in the mountains, fox = in woods, frog = in ponds, hedgehog = in gardens,
  heron = in wetlands, kangaroo = on grasslands, lion = on savannas, lizard = in deserts,
  lobster = in oceans, mole = in burrows, monkey = in jungles, otter = in rivers, owl = in forests,
  panther = in jungles, parrot = in jungles, penguin = on icy coasts, rabbit = in meadows,
  salmon = in rivers, shark = in oceans, squirrel = in woods, swan = in lakes, tiger = in jungles,
  tortoise = on dry plains, walrus = on icy coasts, whale = in oceans, wolf = in forests,
  zebra = on savannas
`);

export const QUALITIES = words(`
  bold bright brilliant caring cheerful clever fair fresh friendly gentle honest kind lively modern
  patient quick quiet reliable simple strong thoughtful warm wise
`);
