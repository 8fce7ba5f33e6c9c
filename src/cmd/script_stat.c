/*
 * stat(1) for scripts, as FreeBSD has it: formats of %[flags][size][.prec]
 * [output form][sub field]datum.  Linux's own flags go to Linux's program.
 */
#include "cmd/script.h"

#include "base/cleanup.h"
#include "base/file.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>

static const char usage[] =
	"usage: stat [-FLnq] [-f format | -l | -r | -s | -x] [-t timefmt] "
	"[file ...]\n";

#define LS_FORMAT "%Sp %l %Su %Sg %Z %Sm %N%SY"
#define LSF_FORMAT "%Sp %l %Su %Sg %Z %Sm %N%T%SY"
#define RAW_FORMAT "%d %i %#p %l %u %g %r %z %a %m %c %B %k %b 0 %N"
#define SHELL_FORMAT                                                           \
	"st_dev=%d st_ino=%i st_mode=%#p st_nlink=%l st_uid=%u st_gid=%g "     \
	"st_rdev=%r st_size=%z st_atime=%a st_mtime=%m st_ctime=%c "           \
	"st_birthtime=%B st_blksize=%k st_blocks=%b st_flags=0"
#define LINUX_FORMAT                                                           \
	"  File: \"%N\"%n  Size: %-11z  FileType: %HT%n"                       \
	"  Mode: (%OMp%03OLp/%.10Sp)         Uid: (%5u/%8Su)  Gid: "           \
	"(%5g/%8Sg)%nDevice: %Hd,%Ld   Inode: %i    Links: %l%n"               \
	"Access: %Sa%nModify: %Sm%nChange: %Sc%n Birth: %SB"
#define DEFAULT_FORMAT                                                         \
	"%d %i %Sp %l %Su %Sg %r %z \"%Sa\" \"%Sm\" \"%Sc\" \"%SB\" %k %b 0 "  \
	"%N"

struct show {
	const char *timefmt, *name;
	struct stat st;
	struct timespec birth;
	int number; /* of the file */
	struct strbuf *out;
};

/* One %...: what stands before the datum. */
struct spec {
	bool alternate, plus, left, zero, blank;
	int size, prec; /* -1: none */
	char form;	/* D O U X F S, 0: the datum's own */
	char sub;	/* H M L, 0: whole */
	char datum;
};

static const char *parse_spec(const char *p, struct spec *s)
{
	*s = (struct spec){.size = -1, .prec = -1};
	for (;; p++) {
		if (*p == '#')
			s->alternate = true;
		else if (*p == '+')
			s->plus = true;
		else if (*p == '-')
			s->left = true;
		else if (*p == '0')
			s->zero = true;
		else if (*p == ' ')
			s->blank = true;
		else
			break;
	}
	if (isdigit((unsigned char)*p))
		for (s->size = 0; isdigit((unsigned char)*p) && s->size < 999;
		     p++)
			s->size = s->size * 10 + (*p - '0');
	if (*p == '.')
		for (p++, s->prec = 0;
		     isdigit((unsigned char)*p) && s->prec < 999; p++)
			s->prec = s->prec * 10 + (*p - '0');
	if (*p && strchr("DOUXFS", *p))
		s->form = *p++;
	if (*p && strchr("HML", *p))
		s->sub = *p++;
	s->datum = *p;
	return *p ? p + 1 : p;
}

static void put_text(struct show *w, const struct spec *s, const char *text)
{
	int n = s->prec >= 0 && s->prec < (int)strlen(text) ? s->prec
							    : (int)strlen(text);
	int pad = s->size > n ? s->size - n : 0;

	for (int i = 0; i < pad && !s->left; i++)
		strbuf_addch(w->out, s->zero ? '0' : ' ');
	strbuf_addn(w->out, text, (size_t)n);
	for (int i = 0; i < pad && s->left; i++)
		strbuf_addch(w->out, ' ');
}

static void put_number(struct show *w, const struct spec *s, char form,
		       int64_t v)
{
	char digits[32], text[64];
	const char *sign = "";
	struct spec as_text = *s;

	switch (s->form && s->form != 'S' && s->form != 'F' ? s->form : form) {
	case 'O':
		snprintf(digits, sizeof(digits), "%" PRIo64, (uint64_t)v);
		sign = s->alternate && v ? "0" : "";
		break;
	case 'X':
		snprintf(digits, sizeof(digits), "%" PRIx64, (uint64_t)v);
		sign = s->alternate && v ? "0x" : "";
		break;
	case 'U':
		snprintf(digits, sizeof(digits), "%" PRIu64, (uint64_t)v);
		break;
	default:
		snprintf(digits, sizeof(digits), "%" PRIu64,
			 v < 0 ? -(uint64_t)v : (uint64_t)v);
		sign = v < 0 ? "-" : s->plus ? "+" : s->blank ? " " : "";
	}
	/* a precision is the least number of digits */
	snprintf(text, sizeof(text), "%s%.*s%s", sign,
		 s->prec > (int)strlen(digits)
			 ? (s->prec < 24 ? s->prec : 24) - (int)strlen(digits)
			 : 0,
		 "000000000000000000000000", digits);
	as_text.prec = -1;
	if (s->left)
		as_text.zero = false;
	put_text(w, &as_text, text);
}

static void put_time(struct show *w, const struct spec *s,
		     const struct timespec *t)
{
	char text[256] = "";
	struct tm tm;

	if (s->form == 'F') {
		snprintf(text, sizeof(text), "%lld.%09ld", (long long)t->tv_sec,
			 t->tv_nsec);
		if (s->prec >= 0 && s->prec < 9)
			text[strlen(text) - 9 + (size_t)s->prec -
			     (s->prec ? 0 : 1)] = '\0';
		put_text(w, &(struct spec){.size = s->size, .prec = -1}, text);
		return;
	}
	if (s->form != 'S') {
		put_number(w, s, 'D', t->tv_sec);
		return;
	}
	if (localtime_r(&t->tv_sec, &tm))
		strftime(text, sizeof(text), w->timefmt, &tm);
	put_text(w, s, text);
}

static void mode_text(mode_t m, char *buf)
{
	static const char bits[] = "rwxrwxrwx";

	buf[0] = S_ISDIR(m)    ? 'd'
		 : S_ISLNK(m)  ? 'l'
		 : S_ISCHR(m)  ? 'c'
		 : S_ISBLK(m)  ? 'b'
		 : S_ISFIFO(m) ? 'p'
		 : S_ISSOCK(m) ? 's'
			       : '-';
	for (int i = 0; i < 9; i++)
		buf[i + 1] = m & (0400u >> i) ? bits[i] : '-';
	if (m & S_ISUID)
		buf[3] = m & S_IXUSR ? 's' : 'S';
	if (m & S_ISGID)
		buf[6] = m & S_IXGRP ? 's' : 'S';
	if (m & S_ISVTX)
		buf[9] = m & S_IXOTH ? 't' : 'T';
	buf[10] = '\0';
}

/* %p: all of it, or the type, user, group and other bits. */
static void put_mode(struct show *w, const struct spec *s)
{
	mode_t m = w->st.st_mode;
	char text[16];

	if (s->form == 'S') {
		mode_text(m, text);
		if (s->sub) {
			memmove(text,
				text + (s->sub == 'H'	? 1
					: s->sub == 'M' ? 4
							: 7),
				3);
			text[3] = '\0';
		}
		put_text(w, s, text);
		return;
	}
	put_number(w, s, 'O',
		   s->sub == 'H'   ? m >> 12
		   : s->sub == 'M' ? (m >> 9) & 7
		   : s->sub == 'L' ? m & 0777
				   : m);
}

static const char *type_name(mode_t m)
{
	switch (m & S_IFMT) {
	case S_IFDIR:
		return "Directory";
	case S_IFLNK:
		return "Symbolic Link";
	case S_IFCHR:
		return "Character Device";
	case S_IFBLK:
		return "Block Device";
	case S_IFIFO:
		return "Fifo File";
	case S_IFSOCK:
		return "Socket";
	default:
		return "Regular File";
	}
}

static const char *type_mark(mode_t m)
{
	return S_ISDIR(m)    ? "/"
	       : S_ISLNK(m)  ? "@"
	       : S_ISSOCK(m) ? "="
	       : S_ISFIFO(m) ? "|"
	       : m & 0111    ? "*"
			     : "";
}

static void put_link(struct show *w, const struct spec *s)
{
	char target[4096];
	ssize_t n = S_ISLNK(w->st.st_mode)
			    ? readlink(w->name, target, sizeof(target) - 1)
			    : -1;
	cleanup_free char *arrow = NULL;

	if (n < 0)
		return;
	target[n] = '\0';
	arrow = str_printf("%s%s", s->form == 'S' ? " -> " : "", target);
	if (arrow)
		put_text(w, s, arrow);
}

static void put_dev(struct show *w, const struct spec *s, dev_t d)
{
	put_number(w, s, 'U',
		   s->sub == 'H'   ? (int64_t)major(d)
		   : s->sub == 'L' ? (int64_t)minor(d)
				   : (int64_t)d);
}

static void put_owner(struct show *w, const struct spec *s)
{
	const struct passwd *pw;
	const struct group *gr;

	if (s->form != 'S') {
		put_number(w, s, 'U',
			   s->datum == 'u' ? w->st.st_uid : w->st.st_gid);
	} else if (s->datum == 'u') {
		pw = getpwuid(w->st.st_uid);
		if (pw)
			put_text(w, s, pw->pw_name);
		else
			put_number(w, s, 'U', w->st.st_uid);
	} else {
		gr = getgrgid(w->st.st_gid);
		if (gr)
			put_text(w, s, gr->gr_name);
		else
			put_number(w, s, 'U', w->st.st_gid);
	}
}

/* false: no such datum */
static bool put_datum(struct show *w, const struct spec *s)
{
	switch (s->datum) {
	case 'd':
		put_dev(w, s, w->st.st_dev);
		break;
	case 'r':
		put_dev(w, s, w->st.st_rdev);
		break;
	case 'i':
		put_number(w, s, 'U', (int64_t)w->st.st_ino);
		break;
	case 'p':
		put_mode(w, s);
		break;
	case 'l':
		put_number(w, s, 'U', (int64_t)w->st.st_nlink);
		break;
	case 'u':
	case 'g':
		put_owner(w, s);
		break;
	case 'a':
		put_time(w, s, &w->st.st_atim);
		break;
	case 'm':
		put_time(w, s, &w->st.st_mtim);
		break;
	case 'c':
		put_time(w, s, &w->st.st_ctim);
		break;
	case 'B':
		put_time(w, s, &w->birth);
		break;
	case 'z':
		put_number(w, s, 'U', w->st.st_size);
		break;
	case 'b':
		put_number(w, s, 'U', w->st.st_blocks);
		break;
	case 'k':
		put_number(w, s, 'U', w->st.st_blksize);
		break;
	case 'f':
	case 'v':
		put_number(w, s, 'U', 0); /* Linux has none */
		break;
	case 'N':
		put_text(w, s, w->name);
		break;
	case 'R': {
		cleanup_free char *real = realpath(w->name, NULL);

		put_text(w, s, real ? real : w->name);
		break;
	}
	case 'T':
		put_text(w, s,
			 s->sub == 'H' ? type_name(w->st.st_mode)
				       : type_mark(w->st.st_mode));
		break;
	case 'Y':
		put_link(w, s);
		break;
	case 'Z':
		if (S_ISCHR(w->st.st_mode) || S_ISBLK(w->st.st_mode))
			strbuf_addf(w->out, "%u,%u", major(w->st.st_rdev),
				    minor(w->st.st_rdev));
		else
			put_number(w, s, 'U', w->st.st_size);
		break;
	default:
		return false;
	}
	return true;
}

static bool show(struct show *w, const char *format)
{
	for (const char *p = format; *p;) {
		struct spec s;

		if (*p != '%') {
			strbuf_addch(w->out, *p++);
			continue;
		}
		p = parse_spec(p + 1, &s);
		if (s.datum == 'n')
			strbuf_addch(w->out, '\n');
		else if (s.datum == 't')
			strbuf_addch(w->out, '\t');
		else if (s.datum == '%')
			strbuf_addch(w->out, '%');
		else if (s.datum == '@')
			put_number(w, &s, 'D', w->number);
		else if (!put_datum(w, &s))
			return false;
	}
	return true;
}

static int load(struct show *w, const char *name, bool follow)
{
	int flags = follow ? 0 : AT_SYMLINK_NOFOLLOW;
	struct statx x;
	int r = name ? fstatat(AT_FDCWD, name, &w->st, flags)
		     : fstat(STDIN_FILENO, &w->st);

	w->name = name ? name : "(stdin)";
	w->birth = (struct timespec){0};
	if (r == 0 &&
	    statx(name ? AT_FDCWD : STDIN_FILENO, name ? name : "",
		  flags | (name ? 0 : AT_EMPTY_PATH), STATX_BTIME, &x) == 0 &&
	    (x.stx_mask & STATX_BTIME)) {
		w->birth.tv_sec = x.stx_btime.tv_sec;
		w->birth.tv_nsec = x.stx_btime.tv_nsec;
	}
	return r;
}

struct opts {
	const char *format, *timefmt;
	bool follow, quiet, no_newline, mark;
	char style; /* l, r, s, x or 0 */
};

static const char *format_of(const struct opts *o)
{
	if (o->format)
		return o->format;
	switch (o->style) {
	case 'l':
		return o->mark ? LSF_FORMAT : LS_FORMAT;
	case 'r':
		return RAW_FORMAT;
	case 's':
		return SHELL_FORMAT;
	case 'x':
		return LINUX_FORMAT;
	default:
		return DEFAULT_FORMAT;
	}
}

static int one(const struct opts *o, const char *name, int number)
{
	cleanup_strbuf struct strbuf out = STRBUF_INIT;
	struct show w = {.timefmt = o->timefmt, .number = number, .out = &out};
	const char *format = format_of(o);

	if (load(&w, name, o->follow) < 0) {
		if (!o->quiet)
			fprintf(stderr, "stat: %s: %s\n", w.name,
				strerror(errno));
		return 1;
	}
	if (!show(&w, format)) {
		fprintf(stderr, "stat: %s: bad format\n", format);
		return 2;
	}
	if (!o->no_newline)
		strbuf_addch(&out, '\n');
	fwrite(out.s, 1, out.len, stdout);
	return 0;
}

/* Flags that FreeBSD's has not: Linux's program is meant. */
static bool is_linux(int argc, char **argv)
{
	for (int i = 1; i < argc && *argv[i] == '-'; i++)
		if (!strncmp(argv[i], "-c", 2) || !strncmp(argv[i], "--", 2))
			return true;
	return false;
}

static int linux_stat(int argc, char **argv)
{
	cleanup_strv struct strv words = {0};

	for (int i = 0; i < argc; i++)
		if (strv_add(&words, argv[i]) < 0)
			return 1;
	return script_system(&words);
}

int script_stat(int argc, char **argv)
{
	struct opts o = {0};
	int c, status = 0;

	if (is_linux(argc, argv))
		return linux_stat(argc, argv);
	while ((c = getopt(argc, argv, "f:FlLnqrst:x")) != -1) {
		switch (c) {
		case 'f':
			o.format = optarg;
			break;
		case 'F':
			o.mark = true;
			o.style = 'l';
			break;
		case 'L':
			o.follow = true;
			break;
		case 'n':
			o.no_newline = true;
			break;
		case 'q':
			o.quiet = true;
			break;
		case 't':
			o.timefmt = optarg;
			break;
		case 'l':
		case 'r':
		case 's':
		case 'x':
			o.style = (char)c;
			break;
		default:
			fputs(usage, stderr);
			return 1;
		}
	}
	if (!o.timefmt)
		o.timefmt = o.style == 'x' ? "%c" : "%b %e %T %Y";
	if (optind == argc)
		return one(&o, NULL, 1);
	for (int i = optind; i < argc; i++)
		status |= one(&o, argv[i], i - optind + 1);
	return status ? 1 : 0;
}
