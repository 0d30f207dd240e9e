/** Answers each request after a second. Prints its port. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

const server = createServer((_request, response) => {
	setTimeout(() => response.end("late\n"), 1000);
});
// As many callers at once as there are in flight.
server.listen({ port: 0, host: "127.0.0.1", backlog: 4096 }, () => {
	console.log((server.address() as AddressInfo).port);
});
