/* Regular expressions: a matcher with backtracking over a text of words (classes, alternatives of atoms, *, +, ?, anchors). */
#include "workload.h"

static int match_here(const char *pattern, const char *text);

/* The end of the atom at `pattern`: a character, an escape, or a class in brackets. */
static const char *atom_end(const char *pattern) {
	if (*pattern == '\\') return pattern + 2;
	if (*pattern != '[') return pattern + 1;
	while (*pattern != ']') pattern++;
	return pattern + 1;
}

static int match_atom(const char *atom, char c) {
	if (c == 0) return 0;
	switch (*atom) {
	case '.': return c != '\n';
	case '\\':
		switch (atom[1]) {
		case 'd': return c >= '0' && c <= '9';
		case 'w': return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
		case 's': return c == ' ' || c == '\n' || c == '\t';
		default: return c == atom[1];
		}
	case '[': {
		int negated = atom[1] == '^';
		for (const char *p = atom + 1 + negated; *p != ']'; p++) {
			if (p[1] == '-' && p[2] != ']') {
				if (c >= p[0] && c <= p[2]) return !negated;
				p += 2;
			} else if (c == *p) {
				return !negated;
			}
		}
		return negated;
	}
	default: return *atom == c;
	}
}

static int match_many(const char *atom, const char *rest, const char *text, int least) {
	int count = 0;
	while (match_atom(atom, text[count])) count++;
	for (; count >= least; count--)
		if (match_here(rest, text + count)) return 1;
	return 0;
}

static int match_here(const char *pattern, const char *text) {
	for (;;) {
		if (*pattern == 0) return 1;
		if (*pattern == '$' && pattern[1] == 0) return *text == 0 || *text == '\n';
		const char *after = atom_end(pattern);
		if (*after == '*') return match_many(pattern, after + 1, text, 0);
		if (*after == '+') return match_many(pattern, after + 1, text, 1);
		if (*after == '?') {
			if (match_atom(pattern, *text) && match_here(after + 1, text + 1)) return 1;
			pattern = after + 1;
			continue;
		}
		if (!match_atom(pattern, *text)) return 0;
		pattern = after;
		text++;
	}
}

uint32_t run(uint32_t n) {
	static const char *const PATTERNS[] = {"f[a-m]*e ", "\\w+ing", "[^aeiou ]+s\\s", "th?e.*o[fn]", "qu?e+ue$", "[a-f]+[l-z]+\\.", "in.*ion"};
	uint32_t hash = 1;
	while (n--) {
		char *text = make_text(3000);
		for (size_t p = 0; p < sizeof PATTERNS / sizeof *PATTERNS; p++) {
			uint32_t found = 0;
			for (const char *at = text; *at; at++) found += match_here(PATTERNS[p], at);
			hash = mix(hash, found);
		}
		free(text);
	}
	return hash;
}
