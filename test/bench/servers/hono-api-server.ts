/**
 * The peer of the API: the same framework and Node, and nothing behind it. `hono-api-server.ts PORT`, with what each route
 * answers on standard input, as JSON by its path. `POST /echo` gives back what it reads.
 */
import { text } from "node:stream/consumers";
import { serve } from "@hono/node-server";
import { Hono } from "hono";

const answers = JSON.parse(await text(process.stdin)) as Record<string, string>;
const app = new Hono();
for (const [path, body] of Object.entries(answers)) {
	const answer = () => new Response(body, { headers: { "content-type": "application/json" } });
	app.get(path, answer);
	app.put(path, async (c) => {
		await c.req.json();
		return answer();
	});
}
app.post("/echo", async (c) => new Response(await c.req.arrayBuffer()));
serve({ fetch: app.fetch, port: Number(process.argv[2]), hostname: "127.0.0.1" }, () => console.log("listening"));
