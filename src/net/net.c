/* placeholder until this layer has its first file; delete me */
extern int cb_net_placeholder;
int cb_net_placeholder;
