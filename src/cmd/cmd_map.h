/* cellblock map: draw what runs. */
#ifndef CB_CMD_CMD_MAP_H
#define CB_CMD_CMD_MAP_H

int map_main(int argc, char **argv);

#endif
