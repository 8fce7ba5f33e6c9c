/*
 * jailcmd_output: what the commands of one jail write, kept until it is known
 * whether anybody wants to read it.
 */
#include "jail/jailcmd_int.h"

#include "base/cleanup.h"
#include "base/file.h"
#include "base/str.h"
#include "jail/blockroot.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#define OUTPUT_MAX (1u << 20)

int jailjob_output(const struct jailrun *run, struct jailjob *j)
{
	int fd;

	if (!run->cmd->keep_output)
		return -1;
	if (!j->output) {
		fd = memfd_create("jail", MFD_CLOEXEC | MFD_ALLOW_SEALING);
		if (fd > 0)
			j->output = fd;
	}
	return j->output > 0 ? j->output : -1;
}

static void output_show(struct jailrun *run, const struct jailjob *j)
{
	cleanup_free char *path = str_printf("/proc/self/fd/%d", j->output);
	cleanup_strv struct strv lines = {0};
	cleanup_free char *text = NULL, *dir = NULL;

	if (!path ||
	    file_read(AT_FDCWD, path, OUTPUT_MAX, &text, NULL, NULL) < 0 ||
	    strv_split(&lines, text, "\n") < 0)
		return;
	dir = run->blockdir && j->name
		      ? str_printf("%s/jails/%s", run->blockdir, j->name)
		      : NULL;
	for (size_t i = 0; i < lines.n; i++) {
		cleanup_strbuf struct strbuf b = STRBUF_INIT;

		if (dir && !access(dir, F_OK))
			blockroot_rename(lines.v[i], dir, &b);
		else
			strbuf_adds(&b, lines.v[i]);
		report(run->report, REPORT_WARN, "%s: %s",
		       j->name ? j->name : "jail", b.s);
	}
}

void jailjob_output_end(struct jailrun *run, struct jailjob *j)
{
	if (j->output <= 0)
		return;
	if (j->flags & JOB_FAILED)
		output_show(run, j);
	/* what goes on in the background must not fill the memory */
	fcntl(j->output, F_ADD_SEALS, F_SEAL_GROW);
	close(j->output);
	j->output = 0;
}
