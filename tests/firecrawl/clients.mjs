// What the JavaScript client of Firecrawl does, against a server: see with_server.py. All of `js/*.mjs`, or those named.
import { readdir } from "node:fs/promises";
import { API, KEY, clientOf } from "./js/common.mjs";

const named = process.argv.slice(2);
let failed = 0;
const files = (await readdir(new URL("js/", import.meta.url))).filter((file) => file !== "common.mjs").sort();
for (const file of files) {
  const module = await import(new URL(`js/${file}`, import.meta.url));
  for (const [name, check] of Object.entries(module)) {
    if (named.length && !named.includes(name) && !named.includes(file.replace(".mjs", ""))) continue;
    const began = performance.now();
    let word = "ok";
    try {
      await check(clientOf(API));
    } catch (error) {
      console.log(error);
      [failed, word] = [failed + 1, "FAILED"];
    }
    const took = ((performance.now() - began) / 1000).toFixed(1);
    console.log(`js ${process.version}, key '${KEY.slice(0, 9)}': ${name}: ${word}, ${took} s`);
  }
}
process.exit(Math.min(failed, 1));
