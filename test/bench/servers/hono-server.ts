/** The peer: the same framework and Node, and nothing behind it. `hono-server.ts PORT`. */
import { serve } from "@hono/node-server";
import { Hono } from "hono";
import { HELLO_TEXT } from "./server.ts";

const app = new Hono();
app.get("/", (c) => c.text(HELLO_TEXT));
serve({ fetch: app.fetch, port: Number(process.argv[2]), hostname: "127.0.0.1" });
