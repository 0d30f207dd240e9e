import { randomBytes } from "./random.ts";
import { type Route, route } from "./router.ts";

/** Kept between invocations of one instance, and gone with it: an example, not a store. */
const notes = new Map<string, string>();

const routes: Record<string, Route> = {
	"GET /notes": () => ({ statusCode: 200, body: JSON.stringify([...notes.keys()]) }),

	"POST /notes": ({ text }) => {
		if (text === "") return { statusCode: 422, body: JSON.stringify({ message: "A note has a text" }) };
		const id = crypto.randomUUID();
		notes.set(id, text);
		return { statusCode: 201, headers: { location: `/notes/${id}` }, body: JSON.stringify({ id, text }) };
	},

	"GET /notes/:id": ({ parameter }) => {
		const text = notes.get(parameter);
		if (text === undefined) return { statusCode: 404, body: JSON.stringify({ message: "There is no such note" }) };
		return { statusCode: 200, body: JSON.stringify({ id: parameter, text }) };
	},

	"DELETE /notes/:id": ({ parameter }) => ({ statusCode: notes.delete(parameter) ? 204 : 404 }),

	"GET /visits": ({ cookies }) => {
		const visits = Number(cookies.visits ?? 0) + 1;
		return { statusCode: 200, cookies: [`visits=${visits}; HttpOnly; SameSite=Lax`], body: JSON.stringify({ visits }) };
	},

	"GET /random": () => ({
		statusCode: 200,
		headers: { "content-type": "application/octet-stream" },
		isBase64Encoded: true,
		body: randomBytes(32).toString("base64"),
	}),
};

export const handler = route(routes);
