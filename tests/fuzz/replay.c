/*
 * replay FILE|DIRECTORY...: run a fuzzer's entry point over files, where
 * there is no libFuzzer: so that what was once found stays fixed.  Prints
 * the number of inputs.
 */
#include "base/cleanup.h"
#include "base/file.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay_file(int dirfd, const char *name)
{
	cleanup_free char *text = NULL;
	struct err e = ERR_INIT;
	size_t len;

	if (file_read(dirfd, name, 64 << 20, &text, &len, &e) < 0) {
		fprintf(stderr, "replay: %s\n", e.text);
		return -1;
	}
	/* when it crashes, the last line says on what */
	fprintf(stderr, "%s\n", name);
	LLVMFuzzerTestOneInput((const uint8_t *)text, len);
	return 1;
}

static int replay(const char *path)
{
	cleanup_closedir DIR *dir = opendir(path);
	struct dirent *d;
	int n = 0;

	if (!dir)
		return replay_file(AT_FDCWD, path);
	while ((d = readdir(dir))) {
		if (d->d_type == DT_DIR)
			continue;
		if (replay_file(dirfd(dir), d->d_name) < 0)
			return -1;
		n++;
	}
	return n;
}

int main(int argc, char **argv)
{
	int total = 0, n;

	for (int i = 1; i < argc; i++) {
		n = replay(argv[i]);
		if (n < 0)
			return 1;
		total += n;
	}
	printf("%d inputs\n", total);
	return total ? 0 : 1;
}
