// A small wasi:http guest over fetch events: GET answers a greeting, all else echoes the body as it comes.

addEventListener("fetch", (event) => event.respondWith(answer(event.request)));

async function answer(request) {
	if (request.method === "GET")
		return new Response("Hello from StarlingMonkey!\n", { headers: { "content-type": "text/plain" } });
	return new Response(request.body, { headers: { "x-method": request.method } });
}
