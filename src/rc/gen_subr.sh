#!/bin/sh
# gen_subr.sh IN OUT: a text file as a C string constant.
set -eu
{
	echo '#include "rc/rcsubr.h"'
	echo 'const char rc_subr_text[] ='
	sed -e 's/\\/\\\\/g' -e 's/"/\\"/g' -e 's/	/\\t/g' \
	    -e 's/^/	"/' -e 's/$/\\n"/' "$1"
	echo '	;'
} > "$2"
