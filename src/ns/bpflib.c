/* bpflib: see bpflib.h. */
#include "ns/bpflib.h"

#include <bpf/libbpf.h>
#include <errno.h>

static int silent(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	(void)level;
	(void)fmt;
	(void)ap;
	return 0;
}

void bpflib_quiet(void)
{
	libbpf_set_print(silent);
}

int bpflib_refused(int code, const char *what, const char *needs, struct err *e)
{
	switch (code) {
	case -EPERM:
		return err_set(e, EPERM, "%s: no right to load BPF programs",
			       what);
	case -EINVAL:
	case -ENOTSUP:
	case -EACCES:
	case -ENOSYS:
		return err_set(e, ENOSYS,
			       "%s: this kernel does not take the BPF programs "
			       "(%s)",
			       what, needs);
	default:
		return err_sys(e, -code, "%s: BPF", what);
	}
}
