/* cmd_pflog: cellblock pflog, what pf's rules log, for tcpdump. */
#ifndef CB_CMD_CMD_PFLOG_H
#define CB_CMD_CMD_PFLOG_H

int pflog_main(int argc, char **argv);

#endif
