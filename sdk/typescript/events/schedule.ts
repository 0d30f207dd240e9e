/** The event of a schedule, in EventBridge's envelope. */
export interface ScheduledEvent<Detail = unknown> {
	version: string;
	id: string;
	"detail-type": "Scheduled Event";
	source: string;
	account: string;
	/** ISO 8601, the time the schedule fell due. */
	time: string;
	region: string;
	resources: string[];
	detail: Detail;
}
