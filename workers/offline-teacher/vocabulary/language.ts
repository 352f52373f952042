import { pairs, words } from './lists.ts';

export const ANTONYMS = pairs(`
  above = below, ancient = modern, asleep = awake, bitter = sweet, bold = shy, brave = cowardly,
  bright = dim, broad = narrow, calm = nervous, cheap = expensive, clean = dirty, clever = stupid,
  cold = hot, cruel = kind, damp = dry, dark = light, deep = shallow, early = late, easy = difficult,
  empty = full, fast = slow, fat = thin, few = many, first = last, foolish = wise, generous = stingy,
  gentle = rough, guilty = innocent, happy = sad, hard = soft, heavy = weightless, high = low,
  honest = lying, hungry = satisfied, inner = outer, large = small, lazy = diligent, left = right,
  long = short, loose = tight, loud = quiet, lucky = unlucky, near = far, noisy = silent, old = young,
  open = closed, patient = impatient, polite = rude, poor = rich, proud = humble, public = private,
  rare = common, raw = cooked, real = fake, safe = dangerous, sharp = blunt, sick = healthy,
  simple = complex, smooth = bumpy, sour = sugary, stale = fresh, straight = crooked, strong = weak,
  tall = tiny, temporary = permanent, tidy = messy, top = bottom, true = false, ugly = beautiful,
  vacant = occupied, warm = cool, wealthy = penniless, wet = arid, wide = slim, wild = tame,
  winter = summer, begin = finish, arrive = depart, borrow = lend, build = destroy, buy = sell,
  catch = throw, forget = remember, laugh = cry, lose = win, pull = push
`);

export const SYNONYMS = pairs(`
  afraid = scared, angry = furious, answer = reply, ask = inquire, assist = help, begin = start,
  big = large, brave = courageous, bright = shiny, calm = peaceful, clever = smart, close = shut,
  correct = right, cry = weep, delicious = tasty, difficult = hard, discover = find, end = finish,
  enormous = huge, error = mistake, fast = quick, famous = well-known, garbage = rubbish, gift = present,
  glad = happy, hate = detest, idea = thought, ill = sick, injure = hurt, intelligent = bright,
  journey = trip, job = task, jump = leap, kind = gentle, lazy = idle, little = small, look = gaze,
  loud = noisy, lucky = fortunate, middle = centre, near = close, neat = tidy, odd = strange,
  often = frequently, permit = allow, pretty = lovely, purchase = buy, quiet = silent, rich = wealthy,
  rock = stone, sad = unhappy, select = choose, shout = yell, silly = foolish, simple = easy,
  sleepy = tired, speak = talk, strong = sturdy, tale = story, thin = slender, tiny = minute,
  trust = believe, unite = join, vacant = empty, vanish = disappear, weak = feeble, wet = soaked,
  woods = forest, wonderful = marvellous
`);

/** Adjectives with a regular comparative and superlative: base to comparative. */
export const COMPARATIVES = pairs(`
  bright = brighter, broad = broader, calm = calmer, cheap = cheaper, clean = cleaner, clever = cleverer,
  cold = colder, cool = cooler, dark = darker, deep = deeper, fast = faster, firm = firmer, fresh = fresher,
  grand = grander, hard = harder, high = higher, kind = kinder, light = lighter, long = longer,
  loud = louder, low = lower, mild = milder, neat = neater, new = newer, old = older, plain = plainer,
  poor = poorer, proud = prouder, quick = quicker, quiet = quieter, rich = richer, rough = rougher,
  sharp = sharper, short = shorter, slow = slower, small = smaller, smart = smarter, soft = softer,
  sour = sourer, steep = steeper, strong = stronger, sweet = sweeter, tall = taller, thick = thicker,
  tight = tighter, tough = tougher, warm = warmer, weak = weaker, wild = wilder, young = younger,
  happy = happier, heavy = heavier, noisy = noisier, busy = busier, easy = easier, dirty = dirtier,
  lucky = luckier, big = bigger, thin = thinner, hot = hotter, wet = wetter, sad = sadder, good = better,
  bad = worse
`);

/** Base form to simple past, of verbs that take a thing as their object. */
export const PAST_TENSE = pairs(`
  admire = admired, borrow = borrowed, break = broke, bring = brought, build = built, buy = bought,
  carry = carried, catch = caught, choose = chose, clean = cleaned, collect = collected, cover = covered,
  describe = described, design = designed, drop = dropped, examine = examined, find = found, fold = folded,
  forget = forgot, hide = hid, hold = held, inspect = inspected, keep = kept, lend = lent, lift = lifted,
  lose = lost, make = made, measure = measured, mend = mended, move = moved, need = needed,
  notice = noticed, offer = offered, open = opened, order = ordered, paint = painted, polish = polished,
  prepare = prepared, pull = pulled, push = pushed, receive = received, remember = remembered,
  remove = removed, repair = repaired, return = returned, save = saved, sell = sold, send = sent,
  show = showed, steal = stole, study = studied, take = took, test = tested, throw = threw, touch = touched,
  wash = washed, watch = watched, weigh = weighed, win = won, wrap = wrapped
`);

/** Adjectives that go with any thing. */
export const ADJECTIVES = words(`
  amber ancient battered blue bright broken brown cheap clean cold crooked dark dusty elegant empty
  expensive faded fancy fine fragile golden green grey handmade heavy huge large light little lovely metal
  modern muddy narrow neat new old orange ordinary painted pale pink plain polished pretty purple rare red
  round rusty scarlet shabby sharp shiny silver simple small smooth soft spare square steel stolen strange
  striped sturdy tall tiny unusual useful valuable warm wet white wide wooden yellow
`);

/** A common misspelling to the right spelling. */
export const MISSPELLINGS = pairs(`
  accomodate = accommodate, acheive = achieve, adress = address, agressive = aggressive,
  arguement = argument, basicly = basically, begining = beginning, beleive = believe, bizzare = bizarre,
  buisness = business, calender = calendar, cemetary = cemetery, collegue = colleague, comming = coming,
  commitee = committee, completly = completely, concious = conscious, definately = definitely,
  dissapear = disappear, embarass = embarrass, enviroment = environment, existance = existence,
  familar = familiar, finaly = finally, foriegn = foreign, freind = friend, goverment = government,
  gaurd = guard, happend = happened, harrass = harass, honourary = honorary, humourous = humorous,
  immediatly = immediately, independant = independent, interupt = interrupt, knowlege = knowledge,
  liason = liaison, libary = library, lollypop = lollipop, maintainance = maintenance,
  millenium = millennium, neccessary = necessary, noticable = noticeable, occassion = occasion,
  occured = occurred, paralel = parallel, peice = piece, pharoah = pharaoh, politican = politician,
  posession = possession, prefered = preferred, privelege = privilege, publically = publicly,
  realy = really, recieve = receive, refered = referred, religous = religious, remeber = remember,
  responsability = responsibility, rythm = rhythm, seperate = separate, sieze = seize,
  succesful = successful, suprise = surprise, tatoo = tattoo, tendancy = tendency, tommorow = tomorrow,
  truely = truly, unfortunatly = unfortunately, untill = until, vaccum = vacuum, wierd = weird,
  writting = writing, yatch = yacht
`);

/** Word to a word that rhymes with it. */
export const RHYMES = pairs(`
  bake = lake, ball = wall, bat = hat, bear = chair, bed = red, bell = shell, best = nest, bite = kite,
  blow = snow, boat = goat, bone = stone, book = hook, bread = head, bright = night, broom = room,
  cake = snake, candle = handle, car = star, clock = sock, cloud = proud, coat = note, corn = horn,
  cream = dream, crow = slow, dance = chance, dish = fish, dog = log, door = floor, duck = truck,
  face = race, farm = charm, feather = weather, fire = wire, flower = tower, fox = box, gate = plate,
  glass = grass, gold = cold, hand = sand, hill = mill, honey = money, house = mouse, ice = rice, jar = far,
  jeep = sheep, jug = mug, king = ring, kitten = mitten, lamp = camp, light = bite, line = pine,
  mail = whale, moon = spoon, moss = boss, nail = tail, parrot = carrot, pear = bear, pen = hen, pig = wig,
  pool = school, rain = train, road = toad, rose = nose, rug = bug, sail = pail, seat = heat, ship = trip,
  sky = pie, sleep = deep, soap = rope, song = long, sun = bun, tea = knee, tent = cent, time = lime,
  tree = bee, vest = chest, wave = cave, wing = swing, wood = hood
`);

/** Adverbs that fit any deed. */
export const ADVERBS = words(
  'carefully eagerly finally gladly happily quickly quietly slowly suddenly proudly',
);

/** Contraction to its full form. */
export const CONTRACTIONS = pairs(`
  can't = cannot, couldn't = could not, didn't = did not, doesn't = does not, don't = do not,
  hasn't = has not, haven't = have not, isn't = is not, shouldn't = should not, wasn't = was not,
  weren't = were not, won't = will not, wouldn't = would not, I'm = I am, it's = it is, she's = she is,
  they're = they are, we've = we have, you'll = you will
`);
