/*
 * cmd: the multi-call program's commands.  One file cmd_NAME.c and one row in
 * commands.c each; a main parses arguments, calls a layer, prints.
 */
#ifndef CB_CMD_CMD_H
#define CB_CMD_CMD_H

struct command {
	const char *name;
	int (*main)(int argc, char **argv); /* argv[0] is the name */
	const char *summary;		    /* for `cellblock help` */
};

extern const struct command commands[]; /* ends with name NULL */
const struct command *command_find(const char *name);

int cmd_arp(int argc, char **argv);
int cmd_broker(int argc, char **argv);
int cmd_cellblock(int argc, char **argv);
int cmd_cpuset(int argc, char **argv);
int cmd_daemon(int argc, char **argv);
int cmd_dhclient(int argc, char **argv);
int cmd_dhclient_script(int argc, char **argv);
int cmd_freebsd_version(int argc, char **argv);
int cmd_devfs(int argc, char **argv);
int cmd_ifconfig(int argc, char **argv);
int cmd_jail(int argc, char **argv);
int cmd_jexec(int argc, char **argv);
int cmd_jls(int argc, char **argv);
int cmd_jot(int argc, char **argv);
int cmd_keeper(int argc, char **argv);
int cmd_kldload(int argc, char **argv);
int cmd_kldstat(int argc, char **argv);
int cmd_kldunload(int argc, char **argv);
int cmd_ndp(int argc, char **argv);
int cmd_netgraph(int argc, char **argv);
int cmd_netstat(int argc, char **argv);
int cmd_ngctl(int argc, char **argv);
int cmd_nghook(int argc, char **argv);
int cmd_pfctl(int argc, char **argv);
int cmd_pflogd(int argc, char **argv);
int cmd_rc(int argc, char **argv);
int cmd_rcorder(int argc, char **argv);
int cmd_rctl(int argc, char **argv);
int cmd_route(int argc, char **argv);
int cmd_rtsol(int argc, char **argv);
int cmd_rtsold(int argc, char **argv);
int cmd_service(int argc, char **argv);
int cmd_sockstat(int argc, char **argv);
int cmd_sysctl(int argc, char **argv);
int cmd_sysrc(int argc, char **argv);
/* NAME=VALUE, as sysrc(8), but errors alone are said; its exit status. */
int sysrc_set(char *assignment);
int cmd_uname(int argc, char **argv);

#endif
