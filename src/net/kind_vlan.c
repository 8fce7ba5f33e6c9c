/*
 * vlan: by the kernel's 8021q driver, or else by the fallback engine (head of
 * vlan.h).  Which of the two is asked of the kernel each time: a driver that is
 * loaded later is used from then on, for new interfaces.
 */
#include "net/kind_rows.h"

#include "base/cleanup.h"
#include "base/str.h"
#include "net/bsderr.h"
#include "net/eiface.h"
#include "net/fallback.h"
#include "net/kind_idle.h"
#include "net/link.h"
#include "net/vlan_impl.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

const struct if_fallback *if_fallback;

bool if_is_fallback(const struct ifnet *ifp)
{
	return ifp->group == IF_GROUP_VIF && !strcmp(ifp->linux_kind, "veth");
}

static const struct ifkind *kind_of_home(const struct ifnet *ifp)
{
	return ifkind_of_name(ifp->home_name[0] ? ifp->home_name : ifp->kname,
			      NULL);
}

static bool vlan_match(const struct ifnet *ifp)
{
	if (!strcmp(ifp->linux_kind, "vlan"))
		return true;
	if (if_is_fallback(ifp)) /* em0.10 is one, too */
		return kind_of_home(ifp) != &kind_lagg;
	return kind_idle_of(ifp, &kind_vlan);
}

/* NAME without tag and parent. */
static int make_unset(struct vnet *v, const char *name, struct err *e)
{
	int r;

	if (!kind_driver(v, "vlan")) {
		if (!if_fallback)
			return kind_refuse(&kind_vlan, EOPNOTSUPP, e);
		return if_fallback->create(v, name, e);
	}
	r = kind_idle_make(v, name, VLAN_MTU, 0, NULL, NULL);
	if (r == -EEXIST)
		return r;
	return r < 0 ? bsd_err(e, -r, "SIOCIFCREATE2") : 0;
}

/* Words in front that belong to the creation. */
static int take_words(struct vlan_words *w, int nwords, char **words,
		      int *ret_used, struct err *e)
{
	int i = 0;

	while (i < nwords && vlan_is_word(words[i])) {
		int r;

		if (i + 1 == nwords)
			return err_set(e, EINVAL, "'%s' requires argument",
				       words[i]);
		r = vlan_word(w, words[i], words[i + 1], e);
		if (r < 0)
			return r;
		i += 2;
	}
	*ret_used = i;
	return 0;
}

static int make_set(struct vnet *v, const char *name,
		    const struct vlan_words *w, struct err *e)
{
	cleanup_ifnet struct ifnet ifp = {0};
	int r;

	if (kind_driver(v, "vlan")) {
		r = vlan_make(v, name, w, "SIOCIFCREATE2", e);
		return r == -EEXIST ? -EBUSY : r;
	}
	r = make_unset(v, name, e);
	if (r < 0)
		return r;
	r = vlan_set_as(v, name, w, "SIOCIFCREATE2", e);
	if (r < 0 && ifnet_link(v, name, &ifp, NULL) == 0) {
		kind_vlan.destroy(v, &ifp, NULL);
		kind_forget(v, &ifp);
	}
	/* which of a caller means that the name is taken */
	return r == -EEXIST ? -EBUSY : r;
}

static int create_named(struct vnet *v, const char *name, int nwords,
			char **words, struct vlan_words *w, int *ret_used,
			char ret_name[IFNAMSIZ], struct err *e)
{
	int r = take_words(w, nwords, words, ret_used, e);

	if (r < 0)
		return r;
	if (w->dev && !w->tag)
		return err_set(e, EINVAL, "must specify a tag for vlan create");
	if (w->tag && !w->dev)
		return err_set(e, EINVAL,
			       "must specify a parent device for vlan create");
	if (vnet_ifindex(v, name))
		return -EEXIST;
	r = w->tag ? make_set(v, name, w, e) : make_unset(v, name, e);
	if (r >= 0)
		str_copy(ret_name, IFNAMSIZ, name);
	return r;
}

int vlan_create_dotted(struct vnet *v, const char *name, int nwords,
		       char **words, int *ret_used, char ret_name[IFNAMSIZ],
		       struct err *e)
{
	struct vlan_words own = {0}, w;
	int r = vlan_dotted_parse(name, &own, e);

	if (r < 0)
		return r;
	w = own;
	r = create_named(v, name, nwords, words, &w, ret_used, ret_name, e);
	if (r >= 0 && (w.vid != own.vid || strcmp(w.parent, own.parent) != 0)) {
		if_destroy(v, name, NULL);
		return err_set(e, EINVAL, "ambiguous vlan specification");
	}
	return r;
}

static int vlan_create(struct vnet *v, int unit, int nwords, char **words,
		       int *ret_used, char ret_name[IFNAMSIZ], struct err *e)
{
	struct vlan_words w = {0};
	char name[IFNAMSIZ];

	if (snprintf(name, sizeof(name), "vlan%d", unit) >= IFNAMSIZ)
		return bsd_err(e, EINVAL, "SIOCIFCREATE2");
	return create_named(v, name, nwords, words, &w, ret_used, ret_name, e);
}

static int vlan_destroy(struct vnet *v, const struct ifnet *ifp, struct err *e)
{
	if (if_is_fallback(ifp) && if_fallback)
		return if_fallback->destroy(v, ifp, e);
	return link_delete(v, ifp->index, e);
}

const struct ifkind kind_vlan = {
	.name = "vlan",
	.match = vlan_match,
	.lacks = "VLANs (CONFIG_VLAN_8021Q)",
	.clonable = true,
	.group = true,
	.ethernet = true,
	.create = vlan_create,
	.destroy = vlan_destroy,
};
