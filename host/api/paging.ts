/** Where a page of a list ends: opaque to callers, a place in a table of the store to this host. */
import { ServiceError } from "../errors.ts";

/** The marker of a place. */
export function markerOf(place: string): string {
	return Buffer.from(place).toString("base64url");
}

/** The place of a marker; null for none. Throws InvalidParameterValueException for one that no list gave. */
export function placeOf(marker: string | undefined): string | null {
	if (marker === undefined || marker === "") return null;
	const place = Buffer.from(marker, "base64url").toString();
	if (markerOf(place) === marker && /^[\x20-\x7e\n]{1,512}$/.test(place)) return place;
	throw new ServiceError("InvalidParameterValueException", "The marker is none that this operation gave.");
}
