/** A child process that takes a request and is busy for ever. */
process.on('message', () => {
  for (;;);
});
