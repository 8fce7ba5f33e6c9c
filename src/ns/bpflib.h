/*
 * bpflib: what every part that loads BPF programs asks of libbpf, and says
 * when the kernel does not take them.
 */
#pragma once

#include "base/err.h"

/* libbpf itself says nothing: what fails is told once, as our own error. */
void bpflib_quiet(void);

/*
 * Programs or maps were refused: say why.
 * code: -errno of libbpf or bpf(2).  what: before the colon of the message.
 * needs: what the kernel must have, "Linux 6.1 or later" or an option's name.
 * Returns a negative errno: -EPERM without the right to load any, -ENOSYS where
 * the verifier or bpf(2) does not know something, else code.
 */
int bpflib_refused(int code, const char *what, const char *needs,
		   struct err *e);
