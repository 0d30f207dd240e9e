/** What a JavaScript function does all day: objects, closures, strings, JSON, sorting, maps, regular expressions. */

interface Order {
	id: number;
	customer: string;
	items: { sku: string; price: number; count: number }[];
}

let state = 42;
const next = (below: number): number => {
	state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
	return (state >>> 8) % below;
};

function makeOrders(count: number): Order[] {
	return Array.from({ length: count }, (_, id) => ({
		id,
		customer: `customer-${next(20)}`,
		items: Array.from({ length: 1 + next(4) }, () => ({
			sku: `sku-${next(50)}`,
			price: next(10_000) / 100,
			count: 1 + next(5),
		})),
	}));
}

function totals(orders: Order[]): [string, number][] {
	const sums = new Map<string, number>();
	for (const { customer, items } of orders) {
		const total = items.reduce((sum, { price, count }) => sum + price * count, 0);
		sums.set(customer, (sums.get(customer) ?? 0) + total);
	}
	return [...sums].sort(([, a], [, b]) => b - a);
}

class Shape {
	readonly size: number;

	constructor(size: number) {
		this.size = size;
	}
	area(): number {
		return this.size ** 2;
	}
}
class Circle extends Shape {
	override area(): number {
		return Math.PI * super.area();
	}
}

/** Works so often, and answers with a checksum that is the same every time. */
export const handler = (event: { times: number }): number => {
	let checksum = 0;
	state = 42;
	for (let i = 0; i < event.times; i++) {
		const orders = JSON.parse(JSON.stringify(makeOrders(40))) as Order[];
		for (const [customer, total] of totals(orders)) checksum += customer.length + Math.round(total);
		const text = orders.map(({ id, customer }) => `${id}: ${customer.toUpperCase()}`).join("\n");
		checksum += text.replace(/CUSTOMER-(\d+)/g, (_, digits: string) => `c${Number(digits) + 1}`).length;
		const shapes = Array.from({ length: 50 }, (_, n) => (n % 2 === 0 ? new Shape(n) : new Circle(n)));
		checksum += Math.round(shapes.reduce((sum, shape) => sum + shape.area(), 0));
	}
	return checksum;
};
