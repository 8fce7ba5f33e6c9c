/* A test case that makes namespaces or loads programs, as root. */
#pragma once

#include <atf-c.h>

#define ROOT_TC(name)                                                          \
	ATF_TC(name);                                                          \
	ATF_TC_HEAD(name, tc)                                                  \
	{                                                                      \
		atf_tc_set_md_var(tc, "require.user", "root");                 \
	}                                                                      \
	ATF_TC_BODY(name, tc)
