/** The function, which works its answer out once for each thing that it is asked about. */
export function once<K extends object, V>(of: (key: K) => V): (key: K) => V {
	const known = new WeakMap<K, { value: V }>();
	return (key) => {
		let found = known.get(key);
		if (found === undefined) {
			found = { value: of(key) };
			known.set(key, found);
		}
		return found.value;
	};
}
