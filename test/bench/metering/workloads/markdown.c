/* Markdown to HTML: headings, lists, emphasis, code, links, paragraphs; with escapes. */
#include "workload.h"

static char *out;

static void put(const char *text) {
	while (*text) *out++ = *text++;
}

static void escape(char c) {
	switch (c) {
	case '<': put("&lt;"); break;
	case '>': put("&gt;"); break;
	case '&': put("&amp;"); break;
	default: *out++ = c;
	}
}

static const char *find(const char *at, const char *end, char what) {
	while (at < end && *at != what) at++;
	return at < end ? at : NULL;
}

static void inline_text(const char *at, const char *end) {
	while (at < end) {
		const char *close;
		if (*at == '*' && (close = find(at + 1, end, '*'))) {
			put("<em>");
			inline_text(at + 1, close);
			put("</em>");
			at = close + 1;
		} else if (*at == '`' && (close = find(at + 1, end, '`'))) {
			put("<code>");
			for (at++; at < close; at++) escape(*at);
			put("</code>");
			at = close + 1;
		} else if (*at == '[' && (close = find(at, end, ']')) && close + 1 < end && close[1] == '(') {
			const char *last = find(close, end, ')');
			if (!last) last = end;
			put("<a href=\"");
			for (const char *p = close + 2; p < last; p++) escape(*p);
			put("\">");
			inline_text(at + 1, close);
			put("</a>");
			at = last + 1;
		} else {
			escape(*at++);
		}
	}
}

static void render(const char *at) {
	int in_list = 0;
	while (*at) {
		const char *end = at;
		while (*end && *end != '\n') end++;
		if (in_list && *at != '-') put("</ul>\n"), in_list = 0;
		if (*at == '#') {
			int level = 0;
			while (*at == '#') level++, at++;
			put("<h");
			*out++ = '0' + level;
			*out++ = '>';
			inline_text(at, end);
			put("</h>\n");
		} else if (*at == '-') {
			if (!in_list) put("<ul>\n"), in_list = 1;
			put("<li>");
			inline_text(at + 1, end);
			put("</li>\n");
		} else if (end > at) {
			put("<p>");
			inline_text(at, end);
			put("</p>\n");
		}
		at = *end ? end + 1 : end;
	}
	if (in_list) put("</ul>\n");
}

static char *source(void) {
	static const char *const PARTS[] = {"*", "`a < b && c`", "[link](http://example.test/?a=1&b=2)", "plain words here ",
		"\n# Heading ", "\n- item ", "\n\n", "*emphasis* ", "some more text, longer than the rest of it; "};
	char *text = malloc(40000), *end = text;
	while (end < text + 20000) end = stpcpy(end, PARTS[next_random() % 9]);
	return text;
}

uint32_t run(uint32_t n) {
	char *html = malloc(400000);
	uint32_t hash = 1;
	while (n--) {
		char *text = source();
		out = html;
		render(text);
		hash = mix(hash, out - html);
		free(text);
	}
	free(html);
	return hash;
}
