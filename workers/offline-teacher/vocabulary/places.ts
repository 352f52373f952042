import { pairs, phrases } from './lists.ts';

export const CITIES = phrases(`
  Aarhus, Accra, Adelaide, Agadir, Aleppo, Almaty, Antwerp, Arequipa, Asmara, Auckland, Austin, Bangalore,
  Basel, Belfast, Belgrade, Bergen, Bilbao, Bologna, Bordeaux, Boston, Bremen, Brisbane, Bristol, Busan,
  Cadiz, Calgary, Cape Town, Cardiff, Chennai, Chicago, Cordoba, Cork, Cusco, Dakar, Dallas, Denver,
  Dresden, Dublin, Durban, Edinburgh, Esbjerg, Florence, Galway, Gdansk, Geneva, Genoa, Ghent, Glasgow,
  Granada, Graz, Halifax, Hamburg, Hanover, Hobart, Houston, Innsbruck, Istanbul, Izmir, Jaipur,
  Johannesburg, Karachi, Kathmandu, Kazan, Kolkata, Krakow, Kumasi, Kyoto, Lagos, Lahore, Leeds, Leipzig,
  Lille, Linz, Lucerne, Lyon, Malaga, Malmo, Manaus, Mandalay, Marseille, Medellin, Melbourne, Memphis,
  Milan, Mombasa, Montreal, Mumbai, Munich, Nagoya, Nantes, Naples, Nice, Odense, Oporto, Osaka, Oulu,
  Palermo, Penang, Perth, Philadelphia, Pisa, Plymouth, Porto Alegre, Portland, Quebec, Recife,
  Rio de Janeiro, Rosario, Rotterdam, Salamanca, Salvador, Salzburg, San Diego, Sapporo, Seattle, Seville,
  Shanghai, Sheffield, Split, Stavanger, Stuttgart, Surat, Sydney, Tampere, Tangier, Toledo, Toronto,
  Toulouse, Trieste, Tromso, Turin, Turku, Uppsala, Utrecht, Valencia, Vancouver, Venice, Verona,
  Wellington, Winnipeg, Wroclaw, York, Zaragoza, Zurich
`);

/** Kinds of workplace, for settings such as "a bakery in Lyon". */
export const WORKPLACES = phrases(`
  antique shop, apple orchard, art school, bakery, bank, barber shop, bicycle shop, boat yard, bookshop,
  botanical garden, brewery, bus depot, cafe, call centre, campsite, candle workshop, cheese dairy, clinic,
  community hall, concert hall, county museum, daycare, dental practice, dog kennel, evening school, farm,
  ferry company, fire station, fish market, flower shop, food bank, furniture factory, garage,
  glass workshop, grocery store, guest house, hardware store, hospital, hotel, ice rink, job centre,
  kindergarten, laundry, law office, library, lighthouse, mountain lodge, newspaper, observatory,
  paper mill, pharmacy, pottery, primary school, print shop, radio station, restaurant, riding school,
  sawmill, shoe shop, ski school, sports hall, swimming pool, tailor shop, tea house, theatre, toy shop,
  train station, travel agency, university, vineyard, wool mill, youth hostel, zoo
`);

/** Country to capital: United Nations member states with one seat of government. */
export const CAPITALS = pairs(`
  Albania = Tirana, Algeria = Algiers, Angola = Luanda, Argentina = Buenos Aires, Armenia = Yerevan,
  Australia = Canberra, Austria = Vienna, Azerbaijan = Baku, Bahrain = Manama, Bangladesh = Dhaka,
  Belarus = Minsk, Belgium = Brussels, Botswana = Gaborone, Brazil = Brasilia, Bulgaria = Sofia,
  Cambodia = Phnom Penh, Cameroon = Yaounde, Canada = Ottawa, Chad = Ndjamena, Colombia = Bogota,
  Croatia = Zagreb, Cuba = Havana, Cyprus = Nicosia, Denmark = Copenhagen, Ecuador = Quito, Egypt = Cairo,
  Estonia = Tallinn, Ethiopia = Addis Ababa, Finland = Helsinki, France = Paris, Georgia = Tbilisi,
  Germany = Berlin, Ghana = Accra, Greece = Athens, Haiti = Port-au-Prince, Honduras = Tegucigalpa,
  Hungary = Budapest, Iceland = Reykjavik, India = New Delhi, Indonesia = Jakarta, Iran = Tehran,
  Iraq = Baghdad, Ireland = Dublin, Italy = Rome, Jamaica = Kingston, Japan = Tokyo, Jordan = Amman,
  Kenya = Nairobi, Latvia = Riga, Lebanon = Beirut, Lithuania = Vilnius, Luxembourg = Luxembourg City,
  Madagascar = Antananarivo, Mali = Bamako, Malta = Valletta, Mexico = Mexico City, Mongolia = Ulaanbaatar,
  Morocco = Rabat, Nepal = Kathmandu, Nigeria = Abuja, Norway = Oslo, Oman = Muscat, Pakistan = Islamabad,
  Panama = Panama City, Paraguay = Asuncion, Peru = Lima, Poland = Warsaw, Portugal = Lisbon, Qatar = Doha,
  Romania = Bucharest, Rwanda = Kigali, Senegal = Dakar, Serbia = Belgrade, Slovakia = Bratislava,
  Slovenia = Ljubljana, Somalia = Mogadishu, Spain = Madrid, Sudan = Khartoum, Sweden = Stockholm,
  Syria = Damascus, Thailand = Bangkok, Tunisia = Tunis, Turkey = Ankara, Uganda = Kampala, Ukraine = Kyiv,
  Uruguay = Montevideo, Uzbekistan = Tashkent, Venezuela = Caracas, Vietnam = Hanoi, Yemen = Sanaa,
  Zambia = Lusaka, Zimbabwe = Harare
`);

/** Country to continent, for countries that lie on one alone. */
export const CONTINENTS = pairs(`
  Albania = Europe, Algeria = Africa, Angola = Africa, Argentina = South America, Austria = Europe,
  Belgium = Europe, Bangladesh = Asia, Bolivia = South America, Botswana = Africa, Brazil = South America,
  Bulgaria = Europe, Cambodia = Asia, Cameroon = Africa, Canada = North America, Chile = South America,
  Colombia = South America, Croatia = Europe, Cuba = North America, Denmark = Europe,
  Ecuador = South America, Estonia = Europe, Ethiopia = Africa, Finland = Europe, Germany = Europe,
  Ghana = Africa, Greece = Europe, Haiti = North America, Honduras = North America, Hungary = Europe,
  Iceland = Europe, India = Asia, Iraq = Asia, Ireland = Europe, Italy = Europe, Jamaica = North America,
  Japan = Asia, Kenya = Africa, Laos = Asia, Latvia = Europe, Malawi = Africa, Mali = Africa,
  Mexico = North America, Mongolia = Asia, Morocco = Africa, Nepal = Asia, Nigeria = Africa,
  Norway = Europe, Pakistan = Asia, Paraguay = South America, Peru = South America, Poland = Europe,
  Romania = Europe, Rwanda = Africa, Senegal = Africa, Sweden = Europe, Thailand = Asia, Uganda = Africa,
  Uruguay = South America, Vietnam = Asia, Zambia = Africa
`);
