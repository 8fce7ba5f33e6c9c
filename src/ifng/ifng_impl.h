/* ifng_impl: what the files of ifng share. */
#ifndef CB_IFNG_IFNG_IMPL_H
#define CB_IFNG_IFNG_IMPL_H

#include "ifng/ifng.h"

#include "net/fallback.h"

#include <netgraph/ng_message.h>

/* A client in a vnet's graph. */
struct ngs {
	int cs;	  /* control socket, -1: none */
	int back; /* to the vnet that the thread came from */
	bool in;
};

int ngs_open(struct ngs *s, struct vnet *v, struct err *e);
void ngs_close(struct ngs *s);
#define cleanup_ngs __attribute__((cleanup(ngs_close)))
#define NGS_INIT                                                               \
	{                                                                      \
		.cs = -1, .in = false                                          \
	}

/* A message; with ret, its answer, malloced.  A negative errno. */
int ngs_tell(struct ngs *s, const char *path, uint32_t cookie, uint32_t cmd,
	     const void *arg, size_t len);
int ngs_ask(struct ngs *s, const char *path, uint32_t cookie, uint32_t cmd,
	    const void *arg, size_t len, struct ng_mesg **ret);
int ngs_mkpeer(struct ngs *s, const char *path, const char *type,
	       const char *ourhook, const char *peerhook);
int ngs_connect(struct ngs *s, const char *path, const char *ourhook,
		const char *to, const char *peerhook);
int ngs_rmhook(struct ngs *s, const char *path, const char *hook);
int ngs_shutdown(struct ngs *s, const char *path);
int ngs_info(struct ngs *s, const char *path, struct nodeinfo *ret);
/* The hooks of a node, list->link[*ret_n]; the answer holds them, to free. */
int ngs_hooks(struct ngs *s, const char *path, struct ng_mesg **ret,
	      const struct hooklist **list, size_t *ret_n);
/* The node at the other end of that hook; -ENOENT. */
int ngs_peer(struct ngs *s, const char *path, const char *hook,
	     struct linkinfo *ret);

/* Room for "NAME:" and "[12345678]:" and "NAME:hook". */
#define NGS_PATH (NG_NODESIZ + NG_HOOKSIZ + 4)

/* "em0_10:" for em0.10, the address of its ether node. */
void ngs_ether_path(const char *ifname, char ret[NGS_PATH]);
/* A session about a fallback interface, and the path of its vif node. */
int ngs_open_vif(struct ngs *s, struct vnet *v, const struct ifnet *ifp,
		 char vif[NGS_PATH], struct err *e);
/* The link of a vif's interface goes up or down. */
int ngs_vif_link(struct ngs *s, const char *vif, bool up);

int ifng_vlan_join(struct vnet *v, const struct ifnet *ifp,
		   const struct ifnet *parent, const struct ifvlan *c,
		   struct err *e);
int ifng_vlan_leave(struct vnet *v, const struct ifnet *ifp, struct err *e);
int ifng_vlan_look(struct vnet *v, const struct ifnet *ifp, struct ifvlan *ret,
		   struct err *e);
int ifng_lagg_set(struct vnet *v, const struct ifnet *ifp,
		  const struct iflagg *c, struct err *e);
int ifng_lagg_port(struct vnet *v, const struct ifnet *ifp,
		   const struct ifnet *port, bool join, struct err *e);
int ifng_lagg_lacp(struct vnet *v, const struct ifnet *ifp,
		   const struct if_lacp_port *ports, size_t n, struct err *e);
/* The same in a session; what is not there is no error. */
int vlan_leave(struct ngs *s, const char *vif);

#endif
