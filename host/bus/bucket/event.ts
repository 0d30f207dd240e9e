/** S3's notification of a new object, version 2.1 (S3 User Guide, "Event message structure"). */
import { randomBytes } from "node:crypto";
import type { Config } from "../../config.ts";

export interface ObjectCreated {
	/** Encoded already. */
	key: string;
	size: number;
	/** MD5 of the bytes, hexadecimal. */
	etag: string;
	/** ms since the epoch. */
	time: number;
}

/** The event as JSON. `configurationId` is the trigger's id. */
export function objectCreatedEvent(
	config: Pick<Config, "region" | "account">,
	bucket: string,
	configurationId: string,
	object: ObjectCreated,
): Uint8Array {
	const principalId = config.account;
	const record = {
		eventVersion: "2.1",
		eventSource: "aws:s3",
		awsRegion: config.region,
		eventTime: new Date(object.time).toISOString(),
		eventName: "ObjectCreated:Put",
		userIdentity: { principalId },
		requestParameters: { sourceIPAddress: "127.0.0.1" },
		responseElements: {
			"x-amz-request-id": randomBytes(8).toString("hex").toUpperCase(),
			"x-amz-id-2": randomBytes(48).toString("base64"),
		},
		s3: {
			s3SchemaVersion: "1.0",
			configurationId,
			bucket: { name: bucket, ownerIdentity: { principalId }, arn: `arn:aws:s3:::${bucket}` },
			object: { key: object.key, size: object.size, eTag: object.etag, sequencer: nextSequencer(object.time) },
		},
	};
	return Buffer.from(JSON.stringify({ Records: [record] }));
}

let last = 0n;

/** 18 hexadecimal digits; of two events for one key the later has the greater. Also after a restart, unless the clock goes back. */
export function nextSequencer(time: number): string {
	const byTime = BigInt(time) << 16n;
	last = byTime > last ? byTime : last + 1n;
	return last.toString(16).toUpperCase().padStart(18, "0");
}
