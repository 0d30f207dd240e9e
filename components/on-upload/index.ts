import { readFile } from "node:fs/promises";
import type { Handler, S3Event } from "@pilotlight/sdk";

/** Says of each new file how many lines and words it has. A bucket's files are under `/mnt/`, by the bucket's name. */
export const handler: Handler<Partial<S3Event>> = async (event) => {
	const files = [];
	for (const { s3 } of event.Records ?? []) {
		const key = decodeURIComponent(s3.object.key.replaceAll("+", " "));
		const text = await readFile(`/mnt/${s3.bucket.name}/${key}`, "utf8");
		const lines = text.split("\n").length - (text.endsWith("\n") ? 1 : 0);
		const words = text.split(/\s+/).filter(Boolean).length;
		console.log("%s: %d bytes, %d lines, %d words", key, s3.object.size, lines, words);
		files.push({ key, lines, words });
	}
	return { files };
};
