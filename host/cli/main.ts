/** Entry of the command line; `bin/pilot.js` runs it in the project's Node.js. */
import { enableCompileCache } from "node:module";

// Compiled code is kept by Node in a folder of its own: a start takes half as long. A folder that cannot be written is no fault.
enableCompileCache();
const { run } = await import("./program.ts");

// A reader that went (`pilot ls | head -1`) is not an error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
	if (error.code === "EPIPE") process.exit(0);
	throw error;
});

process.exitCode = await run(process.argv.slice(2));
