/** The host's API, on this page's own origin. */

export const pathOf = (name) => `functions/${encodeURIComponent(name)}`;
export const hashOf = (name) => `#/${encodeURIComponent(name)}`;

/**
 * A host with access keys wants the token of its data folder: `#token=…` in the address, which no server gets to see. It is kept
 * for this tab, and out of the address.
 */
const KEY = "pilot-token";

export function takeToken() {
	const token = /^#token=([\w-]+)$/.exec(location.hash)?.[1];
	if (token === undefined) return;
	sessionStorage.setItem(KEY, token);
	history.replaceState(null, "", "#/");
}

function authorized(headers = {}) {
	const token = sessionStorage.getItem(KEY);
	return token === null ? headers : { ...headers, "x-pilot-token": token };
}

/** Throws an Error with the host's `status`, or one without if there is no host. */
export async function get(path) {
	const response = await fetch(`api/${path}`, { headers: authorized({ accept: "application/json" }) });
	const body = await response.json();
	if (!response.ok) throw Object.assign(new Error(body.message), { status: response.status });
	return body;
}

/** A function's log, piece by piece. */
export async function* readLog(name, { follow, signal }) {
	const response = await fetch(`api/${pathOf(name)}/logs?lines=500&follow=${follow ? 1 : 0}`, {
		signal,
		headers: authorized(),
	});
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
		headers: authorized({ "content-type": "application/json" }),
		body: event,
	});
	return {
		ok: response.ok,
		status: response.status,
		functionError: response.headers.get("x-amz-function-error"),
		text: await response.text(),
	};
}
