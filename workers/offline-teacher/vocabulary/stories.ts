import { lines } from './lists.ts';

/** How a small story begins, goes on and ends, with slots: plain statements, no question and no order. */
export const OPENINGS = lines(`
  {person} lives in {town} and works as {trade}.
  In {town} there is {place}, and {person} works there.
  {person} came to {town} in {month} to see {friend}.
  It was {weekday}, and {person} was on the way to the {event}.
  {person} and {friend} grew up in the same street in {town}.
  Every {weekday}, {person} walks to {place} in {town}.
  The {event} in {town} was small that year, but {person} liked it.
  {person} is {trade} and {friend} is {otherTrade}.
  Last {month}, {person} opened {place} in {town}.
  There was rain in {town} all day, so {person} stayed at home.
`);

export const MIDDLES = lines(`
  {person} had {a} {things} and {friend} had {b}.
  On the table stood a box with {a} {things} in it.
  They talked about {topic} until it was late.
  {friend} brought a {noun} and {a} {things}.
  The {noun} was {adjective}, and everybody wanted to see it.
  At the {event} they met {other} from {otherTown}.
  {person} wanted to learn more about {topic}.
  {friend} said that the {event} would be on {weekday}.
  A letter from {other} came, and it was about {topic}.
  They bought {things} and a {noun} at the market.
  The {animal} behind the house made a loud noise.
  {other} from {otherTown} is {otherTrade} and knows a lot about {topic}.
  In {month} the days were long and warm.
  {person} put the {adjective} {noun} into a bag.
  The book about {topic} cost {a} euros.
  {friend} gave {person} a {fruit} and a {otherFruit}.
`);

export const ENDINGS = lines(`
  In the evening {person} went home and slept well.
  {friend} still tells this story in {town}.
  After the {event} they wrote to each other every {month}.
  The {noun} is still in the house of {person}.
  Nobody in {town} forgot that {weekday}.
  {person} was glad, and {friend} was too.
  Since then they meet in {town} each {month}.
  That is how {person} and {friend} became friends.
`);
