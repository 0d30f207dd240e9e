/** Requests that a page of another origin makes in its visitor's browser. */
import type { IncomingHttpHeaders } from "node:http";

/**
 * True if a browser says that a page of another origin sent this. `same-site` is foreign too: a site has no port, so the
 * pages of functions on the port of the path form are of one site with the API.
 */
export function isForeign(headers: IncomingHttpHeaders, host: string): boolean {
	const { origin } = headers;
	if (origin !== undefined && origin.toLowerCase() !== `http://${host.toLowerCase()}`) return true;
	const site = headers["sec-fetch-site"];
	return site !== undefined && site !== "same-origin" && site !== "none";
}

/** A link that a person follows to the page: nobody but that person sees the answer. */
export function isNavigation(headers: IncomingHttpHeaders, method: string | undefined): boolean {
	return (
		method === "GET" &&
		headers.origin === undefined &&
		headers["sec-fetch-mode"] === "navigate" &&
		headers["sec-fetch-dest"] === "document"
	);
}
