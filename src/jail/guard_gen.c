/*
 * guard_gen: writes guard_nr.c when cellblock is built: the numbers of the
 * names in guard_table.c, for each kind of system call this machine has.
 *
 *	guard-gen AUDIT_ARCH FILE [AUDIT_ARCH FILE]
 *
 * FILE is tools/mksyscalls.sh's.  Calls younger than the installed headers
 * are in a table here, as the filter is for kernels that may be younger, too.
 */
#include "jail/guard_table.h"

#include "base/cleanup.h"

#include <string.h>

#define NUMBERS 1024

/* From 424 on a call has the same number everywhere. */
static const struct {
	const char *name;
	unsigned int nr;
	const char *arch; /* NULL: all */
} later[] = {
	{"uretprobe", 335, "AUDIT_ARCH_X86_64"},
	{"uprobe", 336, "AUDIT_ARCH_X86_64"},
	{"memfd_secret", 447, NULL},
	{"process_mrelease", 448, NULL},
	{"futex_waitv", 449, NULL},
	{"set_mempolicy_home_node", 450, NULL},
	{"cachestat", 451, NULL},
	{"fchmodat2", 452, NULL},
	{"map_shadow_stack", 453, NULL},
	{"futex_wake", 454, NULL},
	{"futex_wait", 455, NULL},
	{"futex_requeue", 456, NULL},
	{"statmount", 457, NULL},
	{"listmount", 458, NULL},
	{"lsm_get_self_attr", 459, NULL},
	{"lsm_set_self_attr", 460, NULL},
	{"lsm_list_modules", 461, NULL},
	{"mseal", 462, NULL},
	{"setxattrat", 463, NULL},
	{"getxattrat", 464, NULL},
	{"listxattrat", 465, NULL},
	{"removexattrat", 466, NULL},
	{"open_tree_attr", 467, NULL},
	{"file_getattr", 468, NULL},
	{"file_setattr", 469, NULL},
};

struct arch {
	const char *name;
	char calls[NUMBERS][40]; /* by number; "": none */
	int row[NUMBERS];	 /* -1: none */
};

static int arch_read(struct arch *a, const char *file)
{
	cleanup_fclose FILE *f = fopen(file, "r");
	char name[40];
	unsigned int nr;

	if (!f) {
		perror(file);
		return -1;
	}
	for (size_t i = 0; i < NUMBERS; i++)
		a->row[i] = -1;
	while (fscanf(f, "%39s %u", name, &nr) == 2)
		if (nr < NUMBERS)
			memcpy(a->calls[nr], name, sizeof(name));
	for (size_t i = 0; i < ARRAY_SIZE(later); i++)
		if (!*a->calls[later[i].nr] &&
		    (!later[i].arch || !strcmp(later[i].arch, a->name)))
			snprintf(a->calls[later[i].nr], sizeof(name), "%s",
				 later[i].name);
	return 0;
}

/* A name into the numbers; on other processors it may have none. */
static int arch_place(struct arch *a, const char *name, size_t len, int row)
{
	for (size_t nr = 0; nr < NUMBERS; nr++) {
		if (strncmp(a->calls[nr], name, len) != 0 ||
		    a->calls[nr][len] != '\0')
			continue;
		if (a->row[nr] >= 0) {
			fprintf(stderr, "guard-gen: %s is in two rows\n",
				a->calls[nr]);
			return -1;
		}
		a->row[nr] = row;
	}
	return 0;
}

static void arch_write(const struct arch *a, size_t n)
{
	printf("static const struct guard_nr arch%zu[] = {\n", n);
	for (size_t nr = 0; nr < NUMBERS; nr++)
		if (a->row[nr] >= 0)
			printf("\t{%zu, %d}, /* %s */\n", nr, a->row[nr],
			       a->calls[nr]);
	printf("};\n");
}

int main(int argc, char *argv[])
{
	static struct arch archs[2];
	size_t n = 0;

	for (int i = 1; i + 1 < argc && n < ARRAY_SIZE(archs); i += 2, n++) {
		archs[n].name = argv[i];
		if (arch_read(&archs[n], argv[i + 1]) < 0)
			return 1;
	}
	for (size_t r = 0; r < guard_nrows; r++) {
		const char *s = guard_rows[r].names;

		for (; *s; s += strspn(s, " ")) {
			size_t len = strcspn(s, " ");

			for (size_t i = 0; i < n; i++)
				if (arch_place(&archs[i], s, len, (int)r) < 0)
					return 1;
			s += len;
		}
	}
	printf("/* Made by guard-gen. */\n#include \"jail/guard_table.h\"\n\n"
	       "#include \"base/cleanup.h\"\n\n#include <linux/audit.h>\n\n");
	for (size_t i = 0; i < n; i++)
		arch_write(&archs[i], i);
	printf("\nconst struct guard_arch guard_archs[] = {\n");
	for (size_t i = 0; i < n; i++)
		printf("\t{%s, arch%zu, ARRAY_SIZE(arch%zu)},\n", archs[i].name,
		       i, i);
	printf("};\nconst size_t guard_narchs = ARRAY_SIZE(guard_archs);\n");
	return ferror(stdout) || fflush(stdout) ? 1 : 0;
}
