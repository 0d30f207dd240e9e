/** `node bin/run.js FILE …`: one of the project's own scripts, in the project's Node.js. */
import { pathToFileURL } from "node:url";
import { launch } from "./launch.js";

await launch(pathToFileURL(process.argv[2]), process.argv.slice(3));
