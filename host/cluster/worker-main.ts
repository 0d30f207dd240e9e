/** Entry of a worker process. Control starts it and holds its channel; without control it ends. */
import { enableCompileCache } from "node:module";

enableCompileCache();
// A terminal's Ctrl-C and a service manager's SIGTERM reach all processes of a host: workers follow control, which drains them.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => {});
process.on("disconnect", () => process.exit(0));

const { serveControl } = await import("./worker.ts");
serveControl();
