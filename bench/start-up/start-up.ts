/** Prints the milliseconds of CPU that loading a Worker's bundle takes in V8, here in Node's. */
import { pathToFileURL } from "node:url";
import "../processes/cloudflare-modules.ts";

const MICROSECONDS_PER_MS = 1000;

const bundle = pathToFileURL(process.argv[2] ?? "").href;
const before = process.cpuUsage();
await import(bundle);
const { user, system } = process.cpuUsage(before);
console.log((user + system) / MICROSECONDS_PER_MS);
