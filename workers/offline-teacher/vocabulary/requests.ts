import { lines, phrases } from './lists.ts';

/** Why somebody wants a short answer: each a sentence of its own. */
export const REASONS = lines(`
  I am stuck on a crossword.
  My daughter asked at breakfast.
  We have a bet at work.
  Grandma swears she knew it once.
  I keep forgetting.
  A friend from abroad wants to know.
  Just checking my son's homework.
  The teacher will ask on Monday.
  I never learned that at school.
  It came up over dinner.
  I am making flash cards.
  Nobody in the office could say.
  This is for a school poster.
  I want to be sure before printing.
  Someone on the bus claimed otherwise.
  A colleague and I disagree.
  I am writing a short article.
  My exam starts in an hour.
  I help my nephew to revise.
  Only one gap is left in my worksheet.
  We play a guessing game.
  I need to settle an argument.
  Asking for a neighbour.
  My notes are too messy to read.
  The kids are curious.
  I teach an evening class.
  My little brother bet me a cookie.
  The library is closed today.
  It was question seven of the test.
  I heard two different answers.
  Please keep it short.
  One line is enough.
  No explanation needed.
  Quick question before my lesson.
  I have to tell the class.
  Our club newsletter goes out tonight.
  Dad could not remember either.
  The answer sheet has a hole there.
  I am new to this.
  My tutor skipped that page.
  Mum is on the phone and waits.
  My flatmate bets ten euros on it.
  The app marked me down.
  Homework is due at noon.
  It bothers me all day.
  The children's quiz needs one more card.
  Two of us remember it differently.
  I have no book at hand.
  The instructions are smudged.
  Let me see whether you know.
  This puzzle drives me mad.
  A customer called about it.
  I blanked in class.
  The magazine forgot to print it.
  Neither of my parents could tell.
  Bear with me, I am seventy.
  Just for fun.
  I fill in a worksheet.
  Radio contest, hurry.
  For my own notes.
  Grandpa says I am wrong.
  We are three and none of us knows.
  Thanks a lot.
`);

/** A sentence or two that somebody wants changed or looked at, as it is called. */
export const TEXTS = lines(`
  my letter to the landlord
  the first line of my essay
  a sentence from our newsletter
  the note on the fridge
  this line of a travel diary
  the caption under a holiday photo
  what I wrote on the postcard
  the opening of my school report
  this message to the neighbours
  the end of my story
  a line from grandfather's memoirs
  the announcement for the notice board
  my answer in the workbook
  this remark in a visitors' book
  the example from lesson nine
  Monday's diary entry
  this update for our club website
  the sentence that my teacher underlined
  the text for a museum label
  this part of my blog
  a log entry of the night shift
  one phrase in my cover letter
  the minutes of yesterday's meeting
  this bit of a witness report
  our reply to an angry customer
  my toast for the wedding
  a paragraph of the local paper
  the sample below
  this description in the catalogue
  my comment under a recipe
  a fragment of the play
  the blurb of her novel
  something I overheard on a train
  my son's homework
  the statement for our insurance
  this quotation in my thesis
  a text message from my sister
  the ship's log
  my translation of a folk tale
  this line of the puppet show
  the advert in a shop window
  my first try at English
  a weather-beaten sign
  what the parrot says
  the report of the caretaker
  an old telegram
  this piece of gossip
  the riddle on page ten
  my speech for the choir
  this warning in the manual
`);

/** Lists of things or words, as they are called. */
export const LISTS = lines(`
  my packing list
  the things in our attic
  what we need for camp
  the items in my basket
  these props for a school play
  the words from lesson five
  this inventory
  the raffle prizes
  a box of lost property
  what the museum lent us
  the exhibits in room three
  the load of the van
  these presents under the tree
  the stickers in my album
  everything on the workbench
  the toys in this crate
  our words on the blackboard
  my vocabulary cards
  the survey answers
  a flea market catalogue
  the contents of that drawer
  the children's wish list
  the stock of a charity shop
  these shelf labels
  the index of my book
  my blog tags
  this morning's deliveries
  the clues of a treasure hunt
  what I dreamt of
  the words that rhyme game used
  a shopping list for Saturday
  the cards on the table
  her collection
  the objects in a still life
`);

/** Lists of numbers, as they are called. */
export const FIGURES = lines(`
  the scores of our darts evening
  my electricity readings
  the ages of the players
  what the stall took each day
  these quiz points
  the visitor counts
  my jogging distances
  last week's temperatures
  the weights of four parcels
  these page numbers
  the votes per table
  the house numbers on my round
  all bids at the auction
  the heights of our seedlings
  how many minutes I practised
  my expenses in May
  the ticket sales
  the marks of a maths test
  these lap times
  the prices in the window
  our daily bread orders
  the eggs per nest
  my savings by month
  the numbers on the raffle tickets
  the lengths of these planks
  the calls per hour
`);

/** The same of messages, of opinions and of records, which have other things in them. */
export const MESSAGES = lines(`
  the mail in my inbox
  this message to our shop
  the voicemail that I typed up
  a letter that came today
  the note on our door
  this chat line
  what the customer writes
  the text on my phone
  a fax from head office
  the post-it on my desk
  this reply to our advert
  the enquiry from last night
`);
export const OPINIONS = lines(`
  this review
  what our guest says
  a comment under the video blog
  the visitors' book
  my neighbour's opinion
  this line of feedback
  a rating from the app
  the answer on the feedback card
  what she told me afterwards
  the critic's last line
`);
export const RECORDS = lines(`
  this entry
  the line from our address book
  my new contact
  one row of the guest list
  the member card
  what the form says
  a business card
  the record of a volunteer
  this line in our database
  the sign-up sheet
  the badge text
  an old index card
`);

/** What somebody may have written, noted and counted: each reads well after "Ada's". */
export const OWN_TEXTS = phrases(`
  postcard, letter, essay, diary, story, memo, toast, speech, report, homework, summary, leaflet, article, notes,
  anecdote, first draft, comment, novel, headline, line, text, paper, translation
`);
export const OWN_MESSAGES = phrases(
  'mail, message, letter, text message, note, voicemail, reply, request, e-mail, postcard',
);
export const OWN_OPINIONS = phrases('review, comment, feedback, verdict, rating, opinion, post, report');
export const OWN_RECORDS = phrases('entry, card, record, profile, contact, form, data, sign-up, row');
export const OWN_LISTS = phrases(`
  packing list, shopping list, wish list, inventory, collection, basket, vocabulary list, loot, favourites,
  order, suggestions, list
`);
export const OWN_FIGURES = phrases(
  'scores, times, bills, points, marks, readings, takings, distances, counts, offers',
);
