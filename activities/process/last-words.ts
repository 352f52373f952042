/** Lines of a dead process's standard error that go into a message. */
const LINES = 12;

/** TensorFlow's own words that tell of nothing wrong: its informational lines, with what goes on from one of them. */
const INFORMATION = [
  /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+: I /,
  /^I\d{4} \d\d:\d\d:/,
  /^To enable the following instructions: .* rebuild TensorFlow/,
  /^WARNING: All log messages before absl::InitializeLog\(\) is called are written to STDERR/,
];

/** What a process said last that may tell why it died; empty where it said no such thing. */
export function lastWords(errorOutput: string): string {
  return errorOutput
    .split('\n')
    .filter((line) => line.trim() !== '' && !INFORMATION.some((pattern) => pattern.test(line)))
    .slice(-LINES)
    .join('\n');
}
