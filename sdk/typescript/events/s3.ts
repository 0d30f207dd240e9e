/** The event of a bucket (AWS: "Event message structure", version 2.1). */

export interface S3EventRecord {
	eventVersion: string;
	eventSource: string;
	awsRegion: string;
	/** ISO 8601. */
	eventTime: string;
	/** `ObjectCreated:Put`. */
	eventName: string;
	s3: {
		s3SchemaVersion: string;
		configurationId: string;
		bucket: { name: string; arn: string };
		object: {
			/** Encoded as in a form: `+` is a space, the rest percent-encoded. */
			key: string;
			/** Bytes. */
			size: number;
			eTag: string;
			sequencer: string;
		};
	};
}

export interface S3Event {
	Records: S3EventRecord[];
}
