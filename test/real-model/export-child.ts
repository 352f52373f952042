import { writeGgufFolder } from '../../activities/release/export-gguf.ts';

/** Exports in a process of its own, and says what that took. */
const [model = '', out = '', form] = process.argv.slice(2);
if (form !== 'f32' && form !== 'f16' && form !== 'bf16' && form !== 'q8_0') throw new TypeError(`${form}`);
const { file } = await writeGgufFolder(model, { out, form, name: 'smol' });
const { user, system } = process.cpuUsage();
const seconds = (user + system) / 1e6;
console.log(JSON.stringify({ file, seconds, megabytes: process.resourceUsage().maxRSS / 1024 }));
