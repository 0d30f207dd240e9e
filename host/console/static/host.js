/** The host's API, on this page's own origin. */

export const pathOf = (name) => `functions/${encodeURIComponent(name)}`;
export const hashOf = (name) => `#/${encodeURIComponent(name)}`;

/** Throws an Error with the host's `status`, or one without if there is no host. */
export async function get(path) {
	const response = await fetch(`api/${path}`, { headers: { accept: "application/json" } });
	const body = await response.json();
	if (!response.ok) throw Object.assign(new Error(body.message), { status: response.status });
	return body;
}

/** A function's log, piece by piece. */
export async function* readLog(name, { follow, signal }) {
	const response = await fetch(`api/${pathOf(name)}/logs?lines=500&follow=${follow ? 1 : 0}`, { signal });
	if (!response.ok) throw new Error((await response.json()).message);
	const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
	for (;;) {
		const { done, value } = await reader.read();
		if (done) return;
		yield value;
	}
}

/** The Lambda API's Invoke. */
export async function invokeFunction(name, event) {
	const response = await fetch(`/2015-03-31/functions/${encodeURIComponent(name)}/invocations`, {
		method: "POST",
		headers: { "content-type": "application/json" },
		body: event,
	});
	return {
		ok: response.ok,
		status: response.status,
		functionError: response.headers.get("x-amz-function-error"),
		text: await response.text(),
	};
}
