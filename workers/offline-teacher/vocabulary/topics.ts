import { phrases } from './lists.ts';

/** What texts are about: each reads well after "about". */
export const TOPICS = phrases(`
  abandoned railways, acid rain, active volcanoes, allotment gardens, amber jewellery, ancient coins,
  animal tracks, apple varieties, arctic foxes, autumn leaves, baby penguins, backyard birds,
  ballroom dancing, bamboo houses, beach cleaning, bee keeping, bicycle lanes, black holes, board games,
  bread baking, bridge building, brown bears, bullet trains, butter making, campfire stories, canal boats,
  candle making, cardboard furniture, castle ruins, cave paintings, cheap holidays, cheese making,
  chess openings, child safety, city parks, clay pots, clean water, cloud shapes, coastal erosion,
  cold winters, community kitchens, coral reefs, cotton farming, crop rotation, daily exercise, dairy cows,
  deep oceans, dental care, desert plants, dinosaur bones, dog training, door locks, dream journals,
  early cinema, earthquake drills, easy breakfasts, electric buses, elephant herds, endangered frogs,
  energy bills, evening classes, fair trade, family budgets, famous speeches, farm machinery, fast sailing,
  fire safety, first aid, fishing villages, floating markets, flood barriers, folk tales, food labels,
  forest fires, fossil hunting, free museums, fresh herbs, frozen lakes, fruit trees, garden snails,
  geothermal heat, ghost towns, glass recycling, goat farming, good manners, green roofs, hand washing,
  harbour seals, healthy lunches, hearing aids, hiking trails, home insulation, honey harvests,
  horse riding, hot springs, house plants, human rights, ice skating, indoor climbing, inland ports,
  insect hotels, island life, job interviews, juggling tricks, kitchen knives, kite flying,
  knitting patterns, lake swimming, language learning, lighthouse keepers, local elections, long commutes,
  lost luggage, lunar eclipses, magnetic fields, maple syrup, marathon running, medieval guilds,
  migrating geese, mobile libraries, model ships, moon landings, morning routines, mountain rescue,
  mushroom picking, natural dyes, neighbourhood watch, night markets, noise pollution, oak forests,
  office chairs, old coins, olive oil, open windows, orchid care, organ donation, origami cranes,
  outdoor schools, overnight trains, paper recycling, pasta shapes, peat bogs, pen friends, pet insurance,
  phone scams, pickled vegetables, planetary orbits, plastic waste, pocket watches, polar nights, pond life,
  postal codes, potato harvests, public speaking, puppet theatre, quiet carriages, quilt making,
  rain barrels, rare stamps, reading aloud, red squirrels, rent prices, rice terraces, river otters,
  road safety, rock climbing, rolling hills, roof repairs, rope bridges, rose pruning, salt mines,
  sand dunes, savings accounts, school uniforms, sea turtles, second languages, seed banks, shared cars,
  sheep shearing, shift work, shoe repair, silk weaving, sleep habits, slow cooking, small talk,
  snow leopards, soap making, solar panels, spice markets, spring cleaning, star signs, steam engines,
  stone walls, street lamps, study habits, sugar beet, summer camps, sunken ships, table manners,
  tea ceremonies, team sports, thunder storms, tidal power, time zones, town twinning, traffic jams,
  tree rings, tropical fruit, tunnel boring, typing speed, urban foxes, used books, vaccine research,
  vegetable soup, village fairs, vintage clothes, voting rights, walking sticks, wasp nests, water mills,
  weather balloons, weekly markets, whale songs, wild garlic, wind turbines, winter tyres, wood carving,
  wool socks, yoga classes, young drivers, zebra crossings
`);

/** Occasions, singular: each reads well after "the". */
export const EVENTS = phrases(`
  annual dinner, anniversary party, art fair, autumn market, bake sale, barn dance, beach picnic,
  birthday party, boat race, book fair, bowling night, bridge opening, camping trip, charity run,
  chess tournament, city marathon, cooking contest, costume ball, craft workshop, cycling tour, dog show,
  evening lecture, fancy lunch, farewell dinner, field trip, film night, flower show, garden party,
  graduation day, harvest festival, hill walk, history tour, housewarming party, job fair, jumble sale,
  kite festival, lantern parade, maths contest, neighbours' meeting, office move, open day,
  parents' evening, poetry reading, product launch, pub quiz, puppet show, quilt exhibition,
  retirement party, river cruise, sailing trip, school reunion, science fair, ski weekend, sports day,
  spelling bee, staff meeting, street festival, summer camp, talent show, tea party, theatre trip,
  town debate, wedding reception, winter ball, yard sale, zoo visit
`);

export const WEEKDAYS = phrases('Monday, Tuesday, Wednesday, Thursday, Friday, Saturday, Sunday');

export const MONTHS = phrases(
  'January, February, March, April, May, June, July, August, September, October, November, December',
);
