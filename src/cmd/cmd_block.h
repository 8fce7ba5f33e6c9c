/* The subcommands of cellblock that deal with blocks. */
#ifndef CB_CMD_CMD_BLOCK_H
#define CB_CMD_CMD_BLOCK_H

int block_up_main(int argc, char **argv);
int block_down_main(int argc, char **argv);
int block_diff_main(int argc, char **argv);
int block_status_main(int argc, char **argv);
int block_shell_main(int argc, char **argv);
int block_doctor_main(int argc, char **argv);

#endif
