/** Stars and question marks in policies. */

/**
 * Whether `*` (any characters) and `?` (one) of a pattern fit a text. In time of both lengths multiplied at most: callers may
 * write the pattern and the text.
 */
export function fits(text: string, pattern: string): boolean {
	let [at, place, star, mark] = [0, 0, -1, 0];
	while (at < text.length) {
		if (place < pattern.length && pattern[place] === "*") {
			star = place++;
			mark = at;
		} else if (place < pattern.length && (pattern[place] === "?" || pattern[place] === text[at])) {
			place++;
			at++;
		} else if (star >= 0) {
			place = star + 1;
			at = ++mark;
		} else return false;
	}
	while (pattern[place] === "*") place++;
	return place === pattern.length;
}
