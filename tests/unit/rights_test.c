/* jail/rights: what Linux cannot give, what is implied, what cannot be taken */
#include "base/cleanup.h"
#include "base/str.h"
#include "jail/param.h"
#include "jail/rights.h"

#include <atf-c.h>
#include <errno.h>
#include <stdarg.h>
#include <string.h>

/* Words "name" or "name=value" as a set, ended by NULL. */
static struct pset words(const char *first, ...)
{
	struct pset ps = {0};
	va_list ap;

	va_start(ap, first);
	for (const char *w = first; w; w = va_arg(ap, const char *)) {
		cleanup_free char *name = strdup(w);
		char *value = strchr(name, '=');

		if (value)
			*value++ = '\0';
		ATF_REQUIRE_EQ(0, pset_put(&ps, name, value, true, NULL));
	}
	va_end(ap);
	return ps;
}

ATF_TC_WITHOUT_HEAD(refused);
ATF_TC_BODY(refused, tc)
{
	static const struct {
		const char *a, *b, *error; /* NULL: accepted */
	} t[] = {
		{"enforce_statfs=0", NULL, "enforce_statfs=0: "},
		{"enforce_statfs=1", NULL, NULL},
		{"enforce_statfs=3", NULL, "jail_set: Invalid argument"},
		{"mac.label=x", NULL, "mac.label=x: "},
		{"mac.label=", NULL, NULL},
		{"linux=disable", NULL, "linux=disable: "},
		{"linux=new", "linux.osname=Linux", NULL},
		{"linux.osname=BSD", NULL, "linux.osname=BSD: "},
		{"linux.osrelease=1", NULL, "linux.osrelease=1: "},
		{"zfs.mount_snapshot=1", NULL, "zfs.mount_snapshot=1: "},
		{"allow.mount.zfs", NULL, "allow.mount.zfs: "},
		{"allow.mount.nozfs", NULL, NULL},
		{"allow.nfsd", NULL, "allow.nfsd: "},
		{"allow.vmm_ppt=1", NULL, "allow.vmm_ppt: "},
		{"allow.raw_sockets", "vnet=new", NULL},
		{"allow.raw_sockets", NULL, NULL},
		{"allow.routing", "vnet=new", NULL},
		{"allow.routing", NULL, "allow.routing: "},
		{"sysvmsg=new", "sysvshm=inherit", "sysvmsg, sysvsem, "},
		{"sysvmsg=new", "sysvshm=disable", NULL},
		{"osrelease=", NULL, "osrelease string must be 1-31 bytes"},
		{"osrelease=14.1-RELEASE", "osreldate=1401000", NULL},
		{"osreldate=0", NULL, "osreldate cannot be 0"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		cleanup_pset struct pset ps = words(t[i].a, t[i].b, NULL);
		struct err e = ERR_INIT;
		int r = rights_create(NULL, &ps, &e);

		ATF_CHECK_EQ_MSG(!!t[i].error, r < 0, "%s: %s", t[i].a, e.text);
		if (t[i].error)
			ATF_CHECK_MSG(strstr(e.text, t[i].error) == e.text,
				      "%s: %s", t[i].a, e.text);
	}
}

/* Rights that the kernel gives to no user namespace. */
ATF_TC_WITHOUT_HEAD(users);
ATF_TC_BODY(users, tc)
{
	static const struct {
		const char *param;
		bool caps; /* and only with every capability */
	} t[] = {
		{"allow.adjtime", false}, {"allow.chflags", false},
		{"allow.extattr", true},  {"allow.quotas", true},
		{"allow.settime", false}, {"allow.setaudit", false},
	};

	if (!param_find("host.users", NULL))
		atf_tc_skip("there are no user namespaces yet");
	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		cleanup_pset struct pset own = words(t[i].param, NULL);
		cleanup_pset struct pset same =
			words(t[i].param, "host.users=inherit", NULL);
		cleanup_pset struct pset all =
			words(t[i].param, "host.users=inherit",
			      "host.unconfined=caps", NULL);
		struct err e = ERR_INIT;

		ATF_CHECK_EQ(-ENOTSUP, rights_create(NULL, &own, &e));
		ATF_CHECK_MSG(strstr(e.text, "host.users=inherit"), "%s",
			      e.text);
		ATF_CHECK_EQ_MSG(t[i].caps,
				 rights_create(NULL, &same, NULL) < 0, "%s",
				 t[i].param);
		ATF_CHECK_EQ_MSG(0, rights_create(NULL, &all, NULL), "%s",
				 t[i].param);
	}
}

ATF_TC_WITHOUT_HEAD(parent);
ATF_TC_BODY(parent, tc)
{
	static const struct {
		const char *given;
		bool ok;
	} t[] = {
		{"allow.mlock", true},	    {"allow.mount", false},
		{"allow.nomount", true},    {"allow.set_hostname", false},
		{"securelevel=0", false},   {"securelevel=2", true},
		{"securelevel=1", true},    {"enforce_statfs=1", false},
		{"enforce_statfs=2", true}, {"sysvsem=new", true},
		{"sysvmsg=new", false},	    {"sysvmsg=disable", true},
		{"allow.sysvipc", false},
	};
	cleanup_pset struct pset self =
		words("allow.mlock", "allow.noset_hostname", "securelevel=1",
		      "sysvsem=new", "osrelease=X-1", NULL);

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		cleanup_pset struct pset ps = words(t[i].given, NULL);
		struct err e = ERR_INIT;
		int r = rights_create(&self, &ps, &e);

		ATF_CHECK_EQ_MSG(t[i].ok ? 0 : -EPERM, r, "%s: %s", t[i].given,
				 e.text);
		if (!t[i].ok)
			ATF_CHECK_MSG(str_prefix(e.text,
						 "jail_set: Operation not "
						 "permitted ("),
				      "%s", e.text);
	}
}

/* What was not given comes from the parent, where it says more. */
ATF_TC_WITHOUT_HEAD(inherited);
ATF_TC_BODY(inherited, tc)
{
	cleanup_pset struct pset self =
		words("allow.noset_hostname", "securelevel=1", "osrelease=X-1",
		      "osreldate=5", NULL);
	cleanup_pset struct pset ps = {0};

	ATF_REQUIRE_EQ(0, rights_create(&self, &ps, NULL));
	ATF_CHECK_STREQ("1", pset_value(&ps, "securelevel"));
	ATF_CHECK_STREQ("X-1", pset_value(&ps, "osrelease"));
	ATF_CHECK_STREQ("5", pset_value(&ps, "osreldate"));
	ATF_CHECK(!param_set_bool(&ps, "allow.set_hostname"));
	ATF_CHECK(param_set_bool(&ps, "allow.suser"));
	ATF_CHECK(!param_set_bool(&ps, "allow.mlock"));
}

ATF_TC_WITHOUT_HEAD(sysv);
ATF_TC_BODY(sysv, tc)
{
	cleanup_pset struct pset none = {0}, all = words("allow.sysvipc", NULL);
	cleanup_pset struct pset own = words("sysvmsg=new", NULL);
	cleanup_pset struct pset both =
		words("allow.sysvipc", "sysvshm=disable", NULL);

	ATF_REQUIRE_EQ(0, rights_create(NULL, &all, NULL));
	ATF_REQUIRE_EQ(0, rights_create(NULL, &both, NULL));
	ATF_CHECK(!rights_sysv(&none, NULL));
	ATF_CHECK(!rights_sysv_shared(&none));
	ATF_CHECK(rights_sysv(&all, "sysvshm"));
	ATF_CHECK(rights_sysv_shared(&all));
	ATF_CHECK(rights_sysv(&own, "sysvmsg"));
	ATF_CHECK(!rights_sysv(&own, "sysvsem"));
	ATF_CHECK(rights_sysv(&own, NULL));
	ATF_CHECK(!rights_sysv_shared(&own));
	/* what is said of one counts for that one */
	ATF_CHECK(!rights_sysv(&both, "sysvshm"));
	ATF_CHECK(rights_sysv(&both, "sysvsem"));
}

ATF_TC_WITHOUT_HEAD(mounts);
ATF_TC_BODY(mounts, tc)
{
	static const struct {
		const char *a, *b;
		unsigned int what;
	} t[] = {
		{"enforce_statfs=1", NULL, 0},
		{"enforce_statfs=1", "allow.mount.nullfs", RIGHTS_MOUNT_BIND},
		{"enforce_statfs=1", "allow.mount.procfs", RIGHTS_MOUNT_BIND},
		{"enforce_statfs=1", "allow.mount.tmpfs", RIGHTS_MOUNT_NEW},
		{"enforce_statfs=2", "allow.mount.tmpfs", 0},
		{"allow.mount.tmpfs", NULL, 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		cleanup_pset struct pset ps =
			words("allow.mount", t[i].a, t[i].b, NULL);

		ATF_CHECK_EQ_MSG(t[i].what, rights_mount(&ps), "%zu", i);
		pset_remove(&ps, "allow.mount");
		ATF_CHECK_EQ_MSG(0, rights_mount(&ps), "%zu", i);
	}
}

/* A wall cannot be put around processes that run. */
ATF_TC_WITHOUT_HEAD(taken);
ATF_TC_BODY(taken, tc)
{
	static const struct {
		const char *common, *was, *is, *taken;
	} t[] = {
		{"persist", "allow.nomlock", "allow.mlock", NULL},
		{"persist", "allow.mlock", "allow.nomlock", "allow.mlock"},
		{"persist", "allow.suser", "allow.nosuser", "allow.suser"},
		{"persist", "securelevel=-1", "securelevel=3", NULL},
		{"vnet=new", "securelevel=-1", "securelevel=2", NULL},
		{"vnet=new", "securelevel=2", "securelevel=3", "securelevel"},
		{"vnet=new", "securelevel=3", "securelevel=2", NULL},
		{"allow.chflags", "securelevel=0", "securelevel=1",
		 "securelevel"},
		{"allow.settime", "securelevel=0", "securelevel=1", NULL},
		{"allow.settime", "securelevel=1", "securelevel=2",
		 "securelevel"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(t); i++) {
		cleanup_pset struct pset was =
			words(t[i].common, t[i].was, NULL);
		cleanup_pset struct pset is = words(t[i].common, t[i].is, NULL);
		const char *s = rights_taken(&was, &is);
		struct err e = ERR_INIT;

		ATF_CHECK_STREQ_MSG(t[i].taken ? t[i].taken : "", s ? s : "",
				    "%zu", i);
		ATF_CHECK_EQ(0, rights_update(NULL, &(struct pset){0}, &was,
					      &is, false, NULL));
		ATF_CHECK_EQ(t[i].taken ? -EBUSY : 0,
			     rights_update(NULL, &(struct pset){0}, &was, &is,
					   true, &e));
	}
}

ATF_TC_WITHOUT_HEAD(pseudo);
ATF_TC_BODY(pseudo, tc)
{
	cleanup_pset struct pset fine =
		words("exec.fib=0", "zfs.dataset=", "allow.mount.zfs", NULL);
	cleanup_pset struct pset fib = words("exec.fib=1", NULL);
	cleanup_pset struct pset zfs = words("zfs.dataset=a", NULL);
	struct err e = ERR_INIT;

	ATF_CHECK_EQ_MSG(0, rights_pseudo(&fine, &e), "%s", e.text);
	ATF_CHECK_EQ(-ENOTSUP, rights_pseudo(&fib, &e));
	ATF_CHECK_MSG(strstr(e.text, "exec.fib=1: ") == e.text, "%s", e.text);
	ATF_CHECK_EQ(-ENOTSUP, rights_pseudo(&zfs, &e));
}

ATF_TP_ADD_TCS(tp)
{
	ATF_TP_ADD_TC(tp, refused);
	ATF_TP_ADD_TC(tp, users);
	ATF_TP_ADD_TC(tp, parent);
	ATF_TP_ADD_TC(tp, inherited);
	ATF_TP_ADD_TC(tp, sysv);
	ATF_TP_ADD_TC(tp, mounts);
	ATF_TP_ADD_TC(tp, taken);
	ATF_TP_ADD_TC(tp, pseudo);
	return atf_no_error();
}
