/*
 * btf: see btf.h.
 *
 * Theory of operation.  Type information is a header, an array of types of
 * different sizes, numbered from 1 in the order they lie there, and the
 * strings.  One pass over the array answers all questions; names that begin
 * with other letters than any asked for are passed over by one look into a
 * bitmap, so that the pass is short for the 100,000 types of a kernel.  The
 * text is the kernel's own, yet nothing in it is believed without a look at the
 * array's end.
 *
 * The file in sysfs can be mapped by new kernels (0.9 ms here, all in all).
 * Older ones hand it out whole by bpf(2), as the object numbered 1 (2 to 8 ms);
 * from the file it would come page by page.
 */
#include "ns/btf.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/btf.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>

#define BTF_FILE "/sys/kernel/btf/vmlinux"
#define BTF_MAX (64 << 20)

struct text {
	const char *strings;
	uint32_t strings_len;
	uint8_t begins[65536 / 8]; /* a bit for each two letters asked for */
};

static unsigned int two_letters(const char *name)
{
	return (unsigned int)(unsigned char)name[0] << 8 |
	       (name[0] ? (unsigned char)name[1] : 0);
}

/* Bytes that follow a struct btf_type; 0xffffffff: no such kind. */
static uint32_t kind_tail(uint32_t kind, uint32_t vlen)
{
	switch (kind) {
	case BTF_KIND_INT:
	case BTF_KIND_VAR:
	case BTF_KIND_DECL_TAG:
		return 4;
	case BTF_KIND_ARRAY:
		return sizeof(struct btf_array);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return vlen * (uint32_t)sizeof(struct btf_member);
	case BTF_KIND_ENUM:
		return vlen * (uint32_t)sizeof(struct btf_enum);
	case BTF_KIND_ENUM64:
		return vlen * (uint32_t)sizeof(struct btf_enum64);
	case BTF_KIND_FUNC_PROTO:
		return vlen * (uint32_t)sizeof(struct btf_param);
	case BTF_KIND_DATASEC:
		return vlen * (uint32_t)sizeof(struct btf_var_secinfo);
	case BTF_KIND_PTR:
	case BTF_KIND_FWD:
	case BTF_KIND_TYPEDEF:
	case BTF_KIND_VOLATILE:
	case BTF_KIND_CONST:
	case BTF_KIND_RESTRICT:
	case BTF_KIND_FUNC:
	case BTF_KIND_FLOAT:
	case BTF_KIND_TYPE_TAG:
		return 0;
	default:
		return UINT32_MAX;
	}
}

static bool named(const struct text *t, uint32_t off, const char *name)
{
	return off < t->strings_len && !strcmp(t->strings + off, name);
}

static void look_struct(const struct text *t, const struct btf_type *ty,
			struct btf_want *w)
{
	const struct btf_member *m = (const void *)(ty + 1);
	bool bits = BTF_INFO_KFLAG(ty->info);

	for (uint32_t i = 0; i < BTF_INFO_VLEN(ty->info); i++) {
		uint32_t off =
			bits ? BTF_MEMBER_BIT_OFFSET(m[i].offset) : m[i].offset;

		if (!named(t, m[i].name_off, w->member))
			continue;
		w->value = off / 8;
		w->found = true;
		return;
	}
}

/* Answer what this type answers; how many questions there may still be. */
static size_t look(const struct text *t, const struct btf_type *ty, uint32_t id,
		   struct btf_want *w, size_t n)
{
	uint32_t kind = BTF_INFO_KIND(ty->info);
	unsigned int letters;
	size_t missing = 0;
	const char *name;

	if ((kind != BTF_KIND_FUNC && kind != BTF_KIND_STRUCT) ||
	    ty->name_off >= t->strings_len)
		return n;
	name = t->strings + ty->name_off;
	letters = two_letters(name);
	if (!(t->begins[letters / 8] >> letters % 8 & 1))
		return n;
	for (size_t i = 0; i < n; i++) {
		if (w[i].found || !!w[i].member != (kind == BTF_KIND_STRUCT) ||
		    strcmp(name, w[i].type) != 0)
			continue;
		if (w[i].member) {
			look_struct(t, ty, &w[i]);
			continue;
		}
		w[i].value = id;
		w[i].found = true;
	}
	for (size_t i = 0; i < n; i++)
		missing += !w[i].found;
	return missing;
}

int btf_find(const void *data, size_t len, struct btf_want *w, size_t n,
	     struct err *e)
{
	const struct btf_header *h = data;
	const char *p, *end;
	struct text t = {0};

	if (len < sizeof(*h) || h->magic != BTF_MAGIC || h->hdr_len > len ||
	    h->type_off > len - h->hdr_len ||
	    h->type_len > len - h->hdr_len - h->type_off ||
	    h->str_off > len - h->hdr_len ||
	    h->str_len > len - h->hdr_len - h->str_off || !h->str_len)
		return err_set(e, EINVAL, "not the kernel's type information");
	t.strings = (const char *)data + h->hdr_len + h->str_off;
	t.strings_len = h->str_len;
	for (size_t i = 0; i < n; i++) {
		unsigned int letters = two_letters(w[i].type);

		t.begins[letters / 8] |= (uint8_t)(1 << letters % 8);
	}
	if (t.strings[t.strings_len - 1])
		return err_set(e, EINVAL, "not the kernel's type information");
	p = (const char *)data + h->hdr_len + h->type_off;
	end = p + h->type_len;
	for (uint32_t id = 1; (size_t)(end - p) >= sizeof(struct btf_type);
	     id++) {
		const struct btf_type *ty = (const void *)p;
		uint32_t tail = kind_tail(BTF_INFO_KIND(ty->info),
					  BTF_INFO_VLEN(ty->info));

		p += sizeof(*ty);
		if (tail > (size_t)(end - p))
			break;
		if (!look(&t, ty, id, w, n))
			break;
		p += tail;
	}
	for (size_t i = 0; i < n; i++)
		if (!w[i].found && !w[i].optional)
			return err_set(e, ENOENT,
				       "the kernel's type information has no "
				       "%s%s%s",
				       w[i].type, w[i].member ? "." : "",
				       w[i].member ? w[i].member : "");
	return 0;
}

/* The whole text by bpf(2); NULL when that does not work. */
static void *kernel_text(size_t *ret_len)
{
	struct bpf_btf_info info;
	cleanup_close int fd = -1;
	cleanup_free void *text = NULL;
	char name[16] = "";
	union bpf_attr a;
	uint32_t size = 0;

	memset(&a, 0, sizeof(a));
	a.btf_id = 1;
	fd = (int)syscall(SYS_bpf, BPF_BTF_GET_FD_BY_ID, &a, sizeof(a));
	if (fd < 0)
		return NULL;
	/* how long it is, then the text */
	for (int pass = 0; pass < 2; pass++) {
		memset(&info, 0, sizeof(info));
		info.name = (uint64_t)(uintptr_t)name;
		info.name_len = sizeof(name);
		info.btf = (uint64_t)(uintptr_t)text;
		info.btf_size = size;
		memset(&a, 0, sizeof(a));
		a.info.bpf_fd = (uint32_t)fd;
		a.info.info_len = sizeof(info);
		a.info.info = (uint64_t)(uintptr_t)&info;
		if (syscall(SYS_bpf, BPF_OBJ_GET_INFO_BY_FD, &a, sizeof(a)) < 0)
			return NULL;
		if (pass)
			break;
		size = info.btf_size;
		if (!info.kernel_btf || strcmp(name, "vmlinux") != 0 ||
		    size > BTF_MAX)
			return NULL;
		text = malloc(size);
		if (!text)
			return NULL;
	}
	*ret_len = size;
	return take_ptr(text);
}

/* The file in memory, which kernels from 6.16 on allow. */
static void *kernel_map(size_t *ret_len)
{
	cleanup_close int fd = open(BTF_FILE, O_RDONLY | O_CLOEXEC);
	struct stat st;
	void *p;

	if (fd < 0 || fstat(fd, &st) < 0 || st.st_size > BTF_MAX)
		return NULL;
	p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (p == MAP_FAILED)
		return NULL;
	*ret_len = (size_t)st.st_size;
	return p;
}

int btf_kernel(struct btf_want *w, size_t n, struct err *e)
{
	cleanup_free char *file = NULL;
	cleanup_free void *text = NULL;
	size_t len;
	void *map;
	int r;

	map = kernel_map(&len);
	if (map) {
		r = btf_find(map, len, w, n, e);
		munmap(map, len);
		return r;
	}
	text = kernel_text(&len);
	if (text)
		return btf_find(text, len, w, n, e);
	if (file_read(AT_FDCWD, BTF_FILE, BTF_MAX, &file, &len, NULL) < 0)
		return err_set(e, ENOSYS,
			       "this kernel has no type information for BPF "
			       "(CONFIG_DEBUG_INFO_BTF)");
	return btf_find(file, len, w, n, e);
}

/* --- answers that are kept ----------------------------------------------- */

#define KEPT_MAX 8192

/* The kernel, then a line each: "TYPE MEMBER found value". */
static void kept_head(struct strbuf *b)
{
	struct utsname u = {0};

	(void)uname(&u);
	strbuf_addf(b, "%s %s %s\n", u.release, u.version, u.machine);
}

static void kept_question(struct strbuf *b, const struct btf_want *w)
{
	strbuf_addf(b, "%s %s ", w->type, w->member ? w->member : "-");
}

/* 0: all are answered; else none is. */
static int kept_read(const char *path, struct btf_want *w, size_t n)
{
	cleanup_strbuf struct strbuf q = STRBUF_INIT;
	cleanup_free char *text = NULL;
	const char *s;
	size_t i = 0;

	if (file_read(AT_FDCWD, path, KEPT_MAX, &text, NULL, NULL) < 0)
		return -ENOENT;
	kept_head(&q);
	for (s = text; !strbuf_failed(&q) && !strncmp(s, q.s, q.len);) {
		unsigned int found, value;
		int used = 0;

		s += q.len;
		if (i) {
			if (sscanf(s, "%u %u%n", &found, &value, &used) != 2 ||
			    s[used] != '\n' || found > 1)
				break;
			w[i - 1].found = found;
			w[i - 1].value = value;
			s += used + 1;
		}
		if (i == n)
			return *s ? -EINVAL : 0;
		strbuf_clear(&q);
		kept_question(&q, &w[i++]);
	}
	return -EINVAL;
}

static void kept_write(const char *path, const struct btf_want *w, size_t n)
{
	cleanup_strbuf struct strbuf b = STRBUF_INIT;

	kept_head(&b);
	for (size_t i = 0; i < n; i++) {
		kept_question(&b, &w[i]);
		strbuf_addf(&b, "%u %u\n", w[i].found, w[i].value);
	}
	if (!strbuf_failed(&b))
		file_write_atomic(AT_FDCWD, path, b.s, 0600, NULL);
}

int btf_kernel_kept(const char *path, struct btf_want *w, size_t n,
		    struct err *e)
{
	cleanup_free struct btf_want *at = path ? calloc(n, sizeof(*at)) : NULL;
	int r;

	if (!at)
		return btf_kernel(w, n, e);
	memcpy(at, w, n * sizeof(*at));
	if (!kept_read(path, at, n)) {
		memcpy(w, at, n * sizeof(*at));
		return 0;
	}
	r = btf_kernel(w, n, e);
	if (!r)
		kept_write(path, w, n);
	return r;
}
