#!/usr/bin/env node
/** `pilot`: the command line, in the project's Node.js. */
import { launch } from "./launch.js";

await launch(new URL("../host/cli/main.ts", import.meta.url), process.argv.slice(2));
