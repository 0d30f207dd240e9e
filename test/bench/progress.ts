/** One line on standard error that says what is being done; where that is no terminal, a line for each change. */
export class Progress {
	private last = "";

	show(text: string): void {
		if (text === this.last) return;
		this.last = text;
		if (!process.stderr.isTTY) return void process.stderr.write(`${text}\n`);
		const width = process.stderr.columns || 80;
		process.stderr.write(`\r\x1b[2K${text.slice(0, width - 1)}`);
	}

	clear(): void {
		if (process.stderr.isTTY) process.stderr.write("\r\x1b[2K");
		this.last = "";
	}
}
