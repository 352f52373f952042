import { phrases, words } from './lists.ts';

const STARTS = words('Bra Dor Fel Gri Hul Kem Lor Mur Nav Os Pel Quo Rin Sul Tra Vor Wen Zan');
const MIDDLES = words('da ga li mo ne pu ra si to vi');
const ENDS = words('bek dor fen lim mur nosk rath stel tun vik');

/** Names that nothing has. */
export const MADE_UP: readonly string[] = STARTS.flatMap((start) =>
  MIDDLES.flatMap((middle) => ENDS.map((end) => `${start}${middle}${end}`)),
);

/** What the world of the offline teacher has nothing of; each reads well after "about". */
export const BEYOND = phrases(`
  plate tectonics, quantum computers, the French Revolution, the stock market, Norse gods, the immune system,
  nuclear fusion, Roman law, the Ottoman Empire, gene editing, jazz harmony, income tax in Peru,
  the Cold War, deep learning, monetary policy, the Silk Road, string theory, contract law, blood groups,
  the Bronze Age, compound interest, black tea tariffs, opera singing, the water cycle, ocean currents,
  impressionist painting, the periodic table, vitamin deficiency, chess strategy, feudal Japan,
  machine translation, game theory, the human brain, ancient Greek drama, railway signalling, film noir,
  the Maya calendar, cloud computing, soil chemistry, medieval medicine, the theory of relativity,
  baroque architecture, urban planning, election law, superconductors, tax havens, tropical diseases,
  the speed of light, civil engineering, Shakespeare's sonnets
`);

/** What nobody can know; each reads well after "I do not know" and behind "tell me". */
export const UNKNOWABLE = phrases(`
  who won the match last night, what the weather will be tomorrow, what time it is now, who rang my bell,
  where I left my glasses, what my boss is thinking, how many people are on the bus, who will be elected,
  what I had for breakfast, which horse will win, what is in my pocket, how tall my neighbour is,
  when my parcel arrives, what my sister is called, where my keys are, how much I weigh, who ate my lunch,
  what lottery numbers come next, whether the shop is still open, what my cat wants, why the train is late,
  who is at the door, what my password was, how long the queue is,
  what the dollar will be worth in June, whose umbrella that is, what colour my car is,
  when the rain will stop, what my dog is called
`);
