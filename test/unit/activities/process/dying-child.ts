/** A child process that ends in the middle of its work. */
process.on('message', () => {
  process.stderr.write('the last words\n', () => process.exit(3));
});
