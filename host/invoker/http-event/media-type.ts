/** What is text. */

/**
 * True if a body of this content type goes into an event as text. AWS only says that a body is base64 "if the content
 * type of the request is binary"; these are the types that were seen to arrive as text there. Neither a form nor a body
 * without a type is among them.
 */
export function isText(contentType: string | undefined): boolean {
	const type = contentType?.split(";", 1)[0]?.trim().toLowerCase() ?? "";
	return (
		type.startsWith("text/") ||
		type === "application/json" ||
		type === "application/xml" ||
		type === "application/javascript" ||
		type.endsWith("+json") ||
		type.endsWith("+xml")
	);
}
