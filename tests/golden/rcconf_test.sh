#! /usr/bin/env atf-sh
# rc.conf(5) against the corpus tests/golden/rc.conf: one test case a file.
#
# NAME.conf comes with NAME.plan, what rcconf_dump prints of it: warnings, the
# steps of a boot on an empty vnet, or the error.  NAME.etc, where it exists,
# is the folder of sysctl.conf and jail.conf.
. "$(atf_get_srcdir)/common.sh" || exit

golden()
{
	if [ -d "$1.etc" ]; then
		dumps "$1.plan" "$1.conf" "$1.etc"
	else
		dumps "$1.plan" "$1.conf"
	fi
}

corpus rc.conf conf 25
