/* See proctext.h. */
#include "ns/proctext.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A word that is a number and nothing else. */
static bool number(const char *s, const char *end, uint64_t *ret)
{
	uint64_t v = 0;

	if (s == end || end - s > 20)
		return false;
	for (; s < end; s++) {
		if (*s < '0' || *s > '9' ||
		    __builtin_mul_overflow(v, (uint64_t)10, &v) ||
		    __builtin_add_overflow(v, (uint64_t)(*s - '0'), &v))
			return false;
	}
	*ret = v;
	return true;
}

int proctext_stat_field(const char *text, int field, uint64_t *ret)
{
	const char *s = strrchr(text, ')');

	/* fields are counted from the last closing parenthesis: 2 */
	if (!s || s[1] != ' ' || !isalpha((unsigned char)s[2]) || s[3] != ' ')
		return -EBADMSG;
	s += 4;
	for (int i = 4; i < field; i++) {
		s = strchr(s, ' ');
		if (!s)
			return -EBADMSG;
		s++;
	}
	return number(s, s + strcspn(s, " \n"), ret) ? 0 : -EBADMSG;
}

int proctext_stat(const char *text, char *ret_state, uint64_t *ret_start)
{
	int r = proctext_stat_field(text, 22, ret_start);

	if (!r)
		*ret_state = strrchr(text, ')')[2];
	return r;
}

long proctext_inner_pid(const char *text)
{
	const char *line = strstr(text, "\nNSpid:"), *end, *s;
	uint64_t v;

	if (!line)
		return -1;
	line++;
	end = strchrnul(line, '\n');
	for (s = end; s > line && s[-1] != '\t';)
		s--;
	return s > line && number(s, end, &v) && v <= INT32_MAX ? (long)v : -1;
}

int proctext_pid_levels(const char *text)
{
	const char *s = strstr(text, "\nNSpid:");
	int n = 0;

	for (s = s ? s + 1 : ""; *s && *s != '\n'; s++)
		n += *s == '\t';
	return n;
}

/* Blanks and the like are written \ooo. */
static void unescape(char *s)
{
	char *to = s;

	for (; *s; s++) {
		if (s[0] == '\\' && s[1] >= '0' && s[1] <= '3' && s[2] >= '0' &&
		    s[2] <= '7' && s[3] >= '0' && s[3] <= '7') {
			*to = (char)((s[1] - '0') << 6 | (s[2] - '0') << 3 |
				     (s[3] - '0'));
			s += 3;
			/* the kernel has no NUL to write */
			to += *to != '\0';
			continue;
		}
		*to++ = *s;
	}
	*to = '\0';
}

bool proctext_mount(char *line, struct proctext_mount *ret)
{
	char *word[8] = {0}, *s;
	int n = 0, type = 0;

	line[strcspn(line, "\n")] = '\0';
	/*
	 * ID PARENT DEV ROOT POINT OPTIONS [TAG...] - TYPE SOURCE OPTIONS: one
	 * blank each, as a source may be empty
	 */
	for (; (s = strsep(&line, " ")); n++) {
		if (n < 6)
			word[n] = s;
		else if (!type && !strcmp(s, "-"))
			type = n + 1;
		else if (type && n < type + 2)
			word[6 + n - type] = s;
	}
	if (!word[6] || !word[7])
		return false;
	*ret = (struct proctext_mount){word[4], word[6], word[7]};
	unescape(ret->point);
	unescape(ret->fstype);
	unescape(ret->source);
	return true;
}
