import { phrases, words } from './lists.ts';

export const GIVEN_NAMES = words(`
  Aaliyah Abebe Ada Adrian Agnes Ahmed Aiko Alejandra Alina Amara Amir Ana Anders Anika Anton Aria Arjun
  Arturo Asha Astrid Ayumi Bao Beatriz Benedikt Bianca Bogdan Brigid Bruno Camila Carlos Carmen Cedric Chidi
  Chloe Clara Conrad Cora Cyrus Dagny Dalia Damian Daria Dario Davina Delphine Desmond Diego Dimitri Dora
  Edith Edwin Eilidh Elena Eleni Elif Elsa Emeka Emil Enid Enrique Erik Esme Esther Etienne Eun Eva Ezra
  Fabian Farah Fatima Felix Fergus Fiona Flora Francesca Freya Gabor Gareth Gemma Georgi Gideon Gina Giulia
  Goran Greta Gustav Habiba Hamza Hana Harriet Hassan Heidi Helga Henrik Hilda Hiro Hugo Ibrahim Ida Ife
  Ilse Imran Ines Ingrid Iris Isaac Isolde Ivan Jada Jakob Jamila Jana Javier Jelena Jonas Joon Josefina
  Juan Judith Julian Kaito Kamal Karim Karla Katya Keiko Kofi Kwame Lars Laszlo Laura Leila Lena Leon Lidia
  Liam Lin Lorenzo Lucia Ludwig Luis Lydia Magda Maite Malik Manuel Marek Margot Marisol Marta Mateo Maya
  Mei Mikael Milan Mina Miriam Mohan Monika Moses Nadia Naomi Nasser Nell Ngozi Nikolai Nils Nina Noor Nora
  Octavia Olga Olivia Omar Oona Oscar Otto Pablo Paloma Pavel Pedro Petra Philippa Pia Priya Quentin Rafael
  Rahel Ramona Rania Raul Ravi Regina Renata Rohan Rosa Ruben Ruth Sabine Saida Salma Samir Sana Sandor
  Santiago Selma Serena Sigrid Simone Sofia Soren Stella Sunita Sven Tabitha Talia Tamar Tariq Tatiana
  Teodor Tessa Thea Theo Tomas Tove Ulrich Uma Ursula Valentina Vera Victor Viggo Vikram Wanda Wei Wilma
  Xavier Yara Yasmin Yusuf Yuki Zahra Zainab Zelda Zoltan Zuzana
`);

export const SURNAMES = words(`
  Abbott Ahmadi Alvarez Andersen Arnaud Bakker Banerjee Barros Becker Bianchi Brandt Caldwell Castillo
  Chandra Cohen Costa Dahl Delgado Dubois Duarte Ekström Fischer Flores Fontaine Fraser Gallagher Garcia
  Haddad Hansen Horvat Hughes Ibarra Jansen Kapoor Keller Kimura Kowalski Laine Larsen Lopez Marsh Mbeki
  Medina Moreau Murphy Nakamura Novak Obi Okafor Olsen Ortiz Park Patel Pereira Petrov Quinn Reyes Rossi
  Sato Schmidt Sharma Silva Sorensen Tanaka Tran Vargas Vogel Weber Wright Yilmaz Zhang
`).filter((name) => /^[A-Za-z]+$/.test(name));

export const OCCUPATIONS = phrases(`
  accountant, actor, architect, astronomer, baker, barber, beekeeper, biologist, blacksmith, bookseller,
  botanist, brewer, bricklayer, bus driver, butcher, carpenter, cashier, chef, chemist, choir leader,
  cleaner, coach, cobbler, dancer, dentist, dressmaker, editor, electrician, engineer, farmer, firefighter,
  fisherman, florist, gardener, geologist, glazier, goldsmith, hairdresser, historian, interpreter,
  inventor, jeweller, journalist, judge, lawyer, librarian, lifeguard, locksmith, mathematician, mechanic,
  midwife, miller, miner, novelist, nurse, optician, painter, pharmacist, physicist, pilot, plumber, poet,
  postman, potter, printer, professor, publisher, receptionist, roofer, sailor, sculptor, secretary,
  shepherd, singer, surgeon, surveyor, tailor, teacher, translator, tour guide, typist, umpire, upholsterer,
  veterinarian, waiter, watchmaker, weaver, welder, zookeeper
`);
